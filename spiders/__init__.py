"""diemtin on Scrapy: one spider class per registry row."""

"""diemtin: everything that is true without Scrapy's engine, and the shell around it."""

__version__ = "0.1.0"

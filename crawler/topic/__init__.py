"""What an article is about, and whether it is about Party building at all."""

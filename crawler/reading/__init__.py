"""A page in, an article out."""

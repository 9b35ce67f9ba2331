"""Pure: links out of a listing, a feed, a sitemap, an archive."""

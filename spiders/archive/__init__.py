"""Going back into an archive: sitemaps, listing pages, ids."""

"""The corpus out of the store: exports, and releases that stand alone."""

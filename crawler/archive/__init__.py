"""Pages kept as they came: WARC 1.1 files, written, mended and read again. See `docs/archive.md`."""

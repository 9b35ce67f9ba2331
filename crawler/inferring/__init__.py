"""Rows for outlets never seen before: `propose` asks and writes, each other module answers one question."""

"""Watches: what a reader asked for, and finding the articles that answer it."""

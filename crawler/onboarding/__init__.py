"""Rows for outlets: checked, and proposed for one never seen before."""

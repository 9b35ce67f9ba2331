"""The number of the reader: raised when a page may be read otherwise, so that the stored ones are read again."""

READER = 1
"""Kept with each version of an article; `diemtin health` counts those of a lower one, `diemtin reread` mends them."""

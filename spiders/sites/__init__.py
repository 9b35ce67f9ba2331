"""The named exceptions: code for one site, named by `spider =` in its row."""

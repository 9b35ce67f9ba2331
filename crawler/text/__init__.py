"""One Vietnamese: normal forms, keys with offsets, letters."""

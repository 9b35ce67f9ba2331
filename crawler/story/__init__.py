"""One story once: fingerprints, near duplicates, versions, splits."""

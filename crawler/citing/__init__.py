"""Party and State documents: found in prose, told apart, identified."""

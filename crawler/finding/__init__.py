"""Where articles are found, and how a polite guest asks for them."""

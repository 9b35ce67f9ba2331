"""What answers over HTTP: the two pages behind the links of a mail."""

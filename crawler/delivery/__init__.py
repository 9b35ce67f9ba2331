"""From what is owed to a mail, a feed, a webhook; and what a watch would have brought."""

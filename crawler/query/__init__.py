"""The query language of search and watches, its matcher, and the values a watch is made of."""

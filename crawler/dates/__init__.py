"""Days, times and zones: what every reader of dates shares."""

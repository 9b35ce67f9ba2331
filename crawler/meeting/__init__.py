"""Meetings told in prose: kind, body, day, and the calendar they make."""

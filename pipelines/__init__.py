"""The order of the stages is the data flow."""

"""What was written, as frozen data, and what can be said of it without a value."""

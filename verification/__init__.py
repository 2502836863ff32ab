"""Extract a stated final answer and judge it against the gold answer."""

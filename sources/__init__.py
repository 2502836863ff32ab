"""A dataset becomes problems."""

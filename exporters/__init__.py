"""Labelled solutions become training rows."""

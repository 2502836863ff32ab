"""Algorithms that turn the evidence of one problem into step labels."""

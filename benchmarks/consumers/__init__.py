"""Our exports, read by the unmodified code of those who train on them."""

"""How a model continues a prefix."""

"""An answer's text becomes a tree; what is outside the grammar is refused with a reason."""

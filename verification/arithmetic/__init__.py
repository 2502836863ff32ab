"""Values of expressions, exact where possible, and the equality that rests on them."""

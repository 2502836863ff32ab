"""How true labels are, and what they cost: labelers on solutions whose first error is known."""

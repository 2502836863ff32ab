"""The equalities that a solution's step displays, and whether they hold."""

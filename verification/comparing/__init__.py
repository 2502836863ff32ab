"""Whether two answers are the same, type by type, without a worker."""

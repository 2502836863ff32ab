"""Routes, a module per page: an address becomes data, and a template shows it."""

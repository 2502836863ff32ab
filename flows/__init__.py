"""What runs, in what order; run configuration; the command line."""

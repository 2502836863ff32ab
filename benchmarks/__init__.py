"""How true, how cheap, how fast, beside peers in one run; not installed."""

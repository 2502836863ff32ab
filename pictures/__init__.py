"""The pictures of README and docs/, drawn by script: `make pictures`. Not installed."""

"""Peers and this pipeline, side by side: the same server, problems and N."""

"""The page in a browser: a server on loopback, its readers, templates and charts."""

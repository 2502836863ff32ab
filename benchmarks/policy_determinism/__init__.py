"""What completions that do not depend on their batch cost, and how often fast ones differ."""

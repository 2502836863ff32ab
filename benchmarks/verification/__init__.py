"""Answer verification beside math-verify: accuracy, speed, truncation, hostile inputs."""

"""What runs, in what order; run configuration; the command line."""

import tasks  # noqa: F401  (switches telemetry off before any flow imports Prefect)

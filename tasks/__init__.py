"""Where the world is touched: one shard of problems in, Parquet out; retries; hubs.

Importing it, which every import of Prefect in this program follows, switches telemetry off: ours
calls nobody, and libraries read these when they are imported. Who has set them otherwise is heeded.
"""

import os

for _name, _value in {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "VLLM_NO_USAGE_STATS": "1",
}.items():
    os.environ.setdefault(_name, _value)

import subprocess
import sys


def test_a_run_is_configured_without_model_libraries_or_an_http_client() -> None:
    code = """
import sys
sys.modules.update(dict.fromkeys(("torch", "transformers", "httpx", "aiohttp")))
from pydantic import TypeAdapter
from policies import AnyPolicy
for kind in ("transformers", "vllm", "openai"):
    given = {"urls": ["http://gpu1:8000/v1"]} if kind == "openai" else {"model": "org/name"}
    assert TypeAdapter(AnyPolicy).validate_python({"kind": kind, **given}).kind == kind
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

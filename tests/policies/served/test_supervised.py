"""A supervised server: started, waited for, restarted, and never left behind.

A few lines of Python stand in for the model server here; `test_vllm.py` runs the real one.
"""

import asyncio
import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from pydantic import ValidationError

from flows.messages import explained
from policies import OpenAISettings, VllmSettings
from policies.served.fleet import Fleet
from policies.served.interpreter import Interpreter
from policies.served.settings import Patience
from policies.served.supervised import SupervisedServer
from policies.served.transport import transport
from policies.served.vllm import command
from schemas import LastingPolicyError, PolicyError
from tests.policies.asking import until

pytestmark = pytest.mark.anyio

PYTHON = Interpreter("python", cpu_build=False)
STAND_IN = """
import http.server, os, subprocess, sys
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("pids", os.getpid(), helper.pid, flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        allowed = self.headers["Authorization"] == "Bearer " + os.environ["VLLM_API_KEY"]
        self.send_response(200 if allowed else 401)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def _server(run_dir: Path, code: str = STAND_IN, start_timeout_s: float = 60) -> SupervisedServer:
    return SupervisedServer(
        lambda port: (sys.executable, "-c", code, str(port)),
        env={},
        run_dir=run_dir,
        start_timeout_s=start_timeout_s,
        stop_grace_s=2,
    )


def _pids(log: Path) -> list[int]:
    lines = [line.split() for line in log.read_text().splitlines()]
    return [int(pid) for line in lines if line[:1] == ["pids"] for pid in line[1:]]


def _gone(pids: list[int]) -> bool:
    alive = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            alive.append(psutil.Process(pid))
    return not psutil.wait_procs(alive, timeout=30)[1]


async def test_a_server_answers_after_its_start_and_is_gone_after_its_stop(tmp_path: Path) -> None:
    server, other = _server(tmp_path), _server(tmp_path)
    try:
        assert server.port != other.port
        await server.start()
        pids = _pids(server.log)
        assert len(pids) == 2
        async with transport(api_key=None, timeout_s=9, proxies=False) as requests:
            stranger = await requests.get(f"{server.url}/v1/models", timeout_s=9)
        assert stranger.status == 401, "no other run can mistake it for its own"
    finally:
        await server.stop()
        await other.stop()
    assert _gone(pids), "the server's helper processes too"


async def test_a_server_that_dies_at_its_start_shows_its_errors_and_its_logs_end(
    tmp_path: Path,
) -> None:
    code = "print('line\\n' * 99); raise MemoryError('no GPU is large enough')"
    server = _server(tmp_path, code + "\nprint('noise\\n' * 99)")
    with pytest.raises(PolicyError, match=r"status 1 while starting(.|\n)*MemoryError: no GPU"):
        await server.start()
    await server.stop()


async def test_a_death_whose_cause_is_known_comes_with_its_remedy(tmp_path: Path) -> None:
    server = _server(tmp_path, "raise SystemExit('x.py: error: unrecognized arguments: --x')")
    with pytest.raises(LastingPolicyError, match="unrecognized arguments: --x\ncorrect policy"):
        await server.start()
    await server.stop()


async def test_a_server_that_never_answers_is_given_up_and_stopped(tmp_path: Path) -> None:
    code = "import os, time; print('pids', os.getpid(), flush=True); time.sleep(600)"
    server = _server(tmp_path, code, start_timeout_s=4)
    with pytest.raises(PolicyError, match=r"within 4 s \(`start_timeout_s`\)"):
        await server.start()
    pids = _pids(server.log)
    await server.stop()
    assert pids
    assert _gone(pids)


async def test_a_server_that_dies_in_mid_run_is_restarted_so_often_and_no_more(
    tmp_path: Path,
) -> None:
    server = _server(tmp_path)
    async with transport(api_key=None, timeout_s=60, proxies=False) as requests:
        fleet = Fleet(requests, (server.url,), Patience())
        await server.start()
        watch = asyncio.create_task(server.watch(fleet, restarts=1))
        first = _pids(server.log)
        psutil.Process(first[0]).kill()
        await until(lambda: len(_pids(server.log)) == 4)
        psutil.Process(_pids(server.log)[2]).kill()
        await watch
        with pytest.raises(PolicyError, match="died with status"):
            await fleet.post("/v1/completions", {}, lambda content: content)
    await server.stop()
    assert _gone(_pids(server.log))


async def test_a_server_that_writes_nothing_is_started_again(tmp_path: Path) -> None:
    server = _server(tmp_path)
    async with transport(api_key=None, timeout_s=60, proxies=False) as requests:
        fleet = Fleet(requests, (server.url,), Patience())
        await server.start()
        watch = asyncio.create_task(server.watch(fleet, restarts=1))
        await asyncio.sleep(0)
        fleet.stall(fleet.endpoints[0])
        await until(lambda: len(_pids(server.log)) == 4)
        watch.cancel()
    await server.stop()
    assert _gone(_pids(server.log))


def test_a_killed_parent_leaves_no_server_behind(tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from policies.served.supervised import SupervisedServer
async def main():
    server = SupervisedServer(
        lambda port: (sys.executable, "-c", {STAND_IN!r}, str(port)),
        env={{}}, run_dir=Path({str(tmp_path)!r}), start_timeout_s=60, stop_grace_s=1,
    )
    await server.start()
    print("up", flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        (log,) = tmp_path.glob("vllm-*.log")
        parent.send_signal(signal.SIGKILL)
    assert _gone(_pids(log))


async def test_the_command_says_what_the_settings_say(tmp_path: Path) -> None:
    settings = VllmSettings(
        model="org/name",
        revision="v2",
        tensor_parallel_size=4,
        gpu_memory_utilization=0.8,
        max_model_len=4096,
        extra_args=("--quantization", "fp8"),
    )
    words = " ".join(command(settings, PYTHON, 1234))
    assert words.startswith("python -m vllm.entrypoints.openai.api_server --model org/name ")
    for part in (
        "--port 1234",
        "--revision v2",
        "--tensor-parallel-size 4",
        "--gpu-memory-utilization 0.8",
        "--max-model-len 4096",
        "--quantization fp8",
    ):
        assert part in words
    assert "--revision" not in " ".join(command(VllmSettings(model=str(tmp_path)), PYTHON, 1))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--hf-token", "hf_abc"), ("--hf_token=abc",), ("--hf-tok=abc",), ("--api-key=abc",),
        ("--api_key", "abc"), ("--API-KEY=abc",), ("--host", "0.0.0.0"), ("--hos=0.0.0.0",),
        ("--port=1",), ("--config", "a.yaml"), ("--trust-remote-code",), ("--trust_remote",),
        ("--otlp-traces-endpoint", "http://u:abc@h"), ("--ray-token=abc",), ("--x-password", "abc"),
        ("--some-config", '{"api_key": "abc"}'), ("--header", "Authorization: Bearer abc"),
    ],
)  # fmt: skip
def test_arguments_that_hold_secrets_or_open_doors_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        VllmSettings(model="org/model", extra_args=("--quantization", "fp8", *arguments))
    assert "abc" not in explained(refused.value, VllmSettings, where="it")


@pytest.mark.parametrize(
    "url",
    [
        "http://u:abc@h/v1", "http://h/v1?api_key=abc", "http://h#abc", "HTTPS://u:abc@h",
        "u:abc@h/v1",
    ],
)  # fmt: skip
def test_a_url_that_holds_a_secret_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValidationError, match=r"run\.json") as refused:
        OpenAISettings(urls=(url,))
    assert "abc" not in explained(refused.value, OpenAISettings, where="it")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_PAT", "abc"), ("my-api-key", "abc"), ("AWS_SECRET_ACCESS_KEY", "abc"),
        ("Token", "abc"), ("DB_PASS", "abc"), ("AUTHORIZATION", "abc"), ("BEARER", "abc"),
        ("GITHUB_TOKENS", "abc"), ("HFTOKEN", "abc"), ("TOKEN_OF_OURS", "abc"),
        ("DATABASE_URL", "postgres://u:abc@h/db"), ("HEADERS", '{"Authorization": "abc"}'),
    ],
)  # fmt: skip
def test_a_variable_that_is_called_or_looks_like_a_secret_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=r"run\.json") as refused:
        VllmSettings(model="org/model", env={name: value})
    assert "abc" not in explained(refused.value, VllmSettings, where="it")


def test_a_secret_among_the_settings_is_refused_since_they_are_written_to_disk() -> None:
    with pytest.raises(ValidationError, match=r"HF_TOKEN would be written to run\.json"):
        VllmSettings(model="org/model", env={"HF_TOKEN": "hf_abc"})
    for arguments in (("--hf-token", "hf_abc"), ("--api-key=abc",)):
        with pytest.raises(ValidationError, match="every row"):
            VllmSettings(model="org/model", extra_args=arguments)


def test_arguments_and_variables_that_count_or_name_tokens_are_no_secrets() -> None:
    VllmSettings(
        model="org/model",
        env={"TOKENIZERS_PARALLELISM": "false", "VLLM_MAX_TOKENS": "8192"},
        extra_args=(
            *("--max-num-batched-tokens", "8k", "--return-tokens-as-token-ids"),
            *("--max-num-batched-tokens=8192", "--enable-prompt-tokens-details"),
            *("--hf-overrides", '{"pad_token": "<pad>", "rope_scaling": {"factor": 2}}'),
            *("--speculative-config", '{"method": "ngram", "num_speculative_tokens": 5}'),
        ),
    )

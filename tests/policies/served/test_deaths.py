"""Lines that vLLM 0.32 wrote when it died; those of GPUs are of its source and its issues."""

import pytest

from policies.served.deaths import death

PREFIX = "(EngineCore pid=15962) ERROR 11-26 16:47:42 [core.py:1510] "

AT_START = [
    ("api_server.py: error: unrecognized arguments: --nonsense", "policy.extra_args"),
    ("api_server.py: error: argument --max-num-seqs: invalid int value: 'many'", "--help"),
    (
        "OSError: Repo id must be in the form 'repo_name' or 'namespace/repo_name': './nowhere/m'.",
        "policy.model",
    ),
    ("huggingface_hub.errors.RepositoryNotFoundError: 401 Client Error.", "policy.model"),
    ("huggingface_hub.errors.GatedRepoError: 401 Client Error.", "ask for access"),
    (
        "  Value error, Model architectures ['NopeForCausalLM'] are not supported for now.",
        "a newer vLLM",
    ),
    (
        "  Value error, User-specified max_model_len (99999) is greater than the derived "
        "max_model_len (max_position_embeddings=2048.0 or model_max_length=None in config.json).",
        "lower policy.max_model_len",
    ),
    (
        "  Value error, max_num_batched_tokens (64) is smaller than max_model_len (2048).",
        "take --max-num-batched-tokens out",
    ),
    (
        f"{PREFIX}ValueError: To serve at least one request with the model's max seq len (131072), "
        "(16.0 GiB KV cache is needed, which is larger than the available KV cache memory "
        "(4.2 GiB).",
        "lower policy.max_model_len",
    ),
    (
        f"{PREFIX}ValueError: No available memory for the cache blocks. Try increasing",
        "VLLM_CPU_KVCACHE_SPACE",
    ),
    (
        "ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0.",
        "policy.dtype=half",
    ),
    (
        f"{PREFIX}AssertionError: Not enough allowed NUMA nodes to bind threads of 3 local "
        "CPUWorkers.",
        "policy.tensor_parallel_size",
    ),
    ("RuntimeError: Failed to infer device type", "nvidia-smi"),
    (
        "ValueError: loading it requires you to execute the code: set `trust_remote_code=True`",
        "policy.trust_remote_code",
    ),
    ("ImportError: libcudart.so.13: cannot open shared object file", "install it anew"),
]


@pytest.mark.parametrize(("line", "remedy"), AT_START)
def test_a_start_that_no_restart_mends_is_known_by_the_logs_own_line(
    line: str, remedy: str
) -> None:
    found = death(["usage: api_server.py [--max-num-seqs N]", line, "rc"], in_service=False)
    assert found is not None
    assert found.lasting
    assert found.reason == line.removeprefix(PREFIX).strip()
    assert remedy in found.remedy


@pytest.mark.parametrize(
    "line",
    [
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB.",
        f"{PREFIX}ValueError: Free memory on device cuda:0 (3.1/79.3 GiB) on startup is less than "
        "desired GPU memory utilization (0.9, 71.3 GiB).",
        "OSError: [Errno 98] Address already in use",
        "OSError: We couldn't connect to 'https://huggingface.co' to load the files",
    ],
)
def test_a_start_that_others_are_to_blame_for_may_pass(line: str) -> None:
    found = death([line], in_service=False)
    assert found is not None
    assert not found.lasting
    assert found.remedy


def test_a_server_that_answered_did_not_die_of_its_start() -> None:
    lines = ["ImportError: no such plugin", "OSError: [Errno 98] Address already in use"]
    assert death(lines, in_service=True) is None
    found = death([*lines, "RuntimeError: CPU Generator does not use offset"], in_service=True)
    assert found is not None
    assert found.lasting


@pytest.mark.parametrize(
    "line",
    [
        "(APIServer pid=1) WARNING 11-26 16:45:51 [x.py:1] ImportError: no such plugin",
        "(APIServer pid=1) INFO 11-26 16:45:51 [x.py:1] args: `trust_remote_code=True`",
        '    raise ImportError("no such plugin")',
        f'{PREFIX}    raise OutOfMemoryError("x")',
        "Killed",
    ],
)
def test_warnings_and_lines_of_source_are_no_cause(line: str) -> None:
    assert death([line], in_service=False) is None


def test_a_reason_of_any_length_is_shown_in_part() -> None:
    found = death([f"Model architectures {['A'] * 9999} are not supported"], in_service=False)
    assert found is not None
    assert len(found.reason) <= 400

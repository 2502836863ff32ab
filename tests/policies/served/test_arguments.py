"""Which arguments of vLLM belong to the policy's identity."""

import pytest

from policies import VllmSettings
from policies.served.arguments import names, shaping_arguments


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--max-num-seqs", "512"),
        ("--max_num_seqs=512", "--enforce-eager"),
        ("--no-enable-chunked-prefill", "--no-enable-prefix-caching"),
        ("-tp", "2", "--kv-cache-memory-bytes", "8G"),
    ],
)
def test_what_says_where_and_when_is_free(arguments: tuple[str, ...]) -> None:
    assert shaping_arguments(arguments) == ()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--quantization", "fp8"),
        ("-q", "fp8"),
        ("--kv-cache-dtype=fp8",),
        ("--speculative-config", '{"method": "ngram"}'),
        ("--hf-overrides", '{"rope_scaling": {"factor": 2}}'),
        ("--max-num-s", "512"),
        ("--max-num-seqs", "512", "stray"),
        ("stray",),
        ("--unheard-of",),
    ],
)
def test_whatever_may_change_a_completion_or_is_not_known_shapes(
    arguments: tuple[str, ...],
) -> None:
    assert shaping_arguments(arguments) == arguments
    between = ("--enforce-eager", *arguments, "--block-size", "16")
    if arguments[0].startswith("-"):
        assert shaping_arguments(between) == arguments


def test_negative_numbers_are_values() -> None:
    assert shaping_arguments(("--max-log-len", "-1", "-O3")) == ("-O3",)


def test_an_argument_is_known_in_every_spelling() -> None:
    for name in ("enable-chunked-prefill", "enable_chunked_prefill", "no-enable-chunked-prefill"):
        assert names(("--dtype", "half", f"--{name}")) == {"dtype", "enable-chunked-prefill"}


def test_runs_that_differ_in_free_arguments_have_one_shape() -> None:
    def shape(*arguments: str) -> object:
        return VllmSettings(model="m", extra_args=arguments).shaping()

    assert shape() == shape("--max-num-seqs", "8")
    assert shape() != shape("--quantization", "fp8")


def test_settings_without_arguments_can_be_read_back() -> None:
    settings = VllmSettings(model="m")
    assert VllmSettings.model_validate(settings.model_dump(mode="json")) == settings

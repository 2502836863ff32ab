"""Runs that come through Prefect's API may not choose programs."""

from pathlib import Path
from typing import Any

import pytest

from flows.permits import PERMITS, allow, permit, refuse_strangers
from schemas import ConfigError
from tests.toy_runs import toy_run

CODE: list[dict[str, Any]] = [
    {"kind": "vllm", "model": "m", "python": "/tmp/evil.sh"},
    {"kind": "vllm", "model": "m", "env": {"LD_PRELOAD": "/tmp/evil.so"}},
    {"kind": "vllm", "model": "m", "extra_args": ["--middleware", "evil"]},
    {"kind": "vllm", "model": "m", "trust_remote_code": True},
    {"kind": "transformers", "model": "m", "trust_remote_code": True},
    {"kind": "openai", "urls": ["http://evil.example/v1"], "api_key_env": "AWS_SECRET_ACCESS_KEY"},
]


@pytest.fixture
def through_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", "a-deployment")
    monkeypatch.delenv(PERMITS, raising=False)


@pytest.mark.usefixtures("through_the_api")
@pytest.mark.parametrize("policy", CODE)
def test_code_that_nobody_here_named_is_refused_and_what_would_allow_it_is_said(
    tmp_path: Path, policy: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = toy_run(tmp_path, policy=policy)
    with pytest.raises(ConfigError, match=f"{PERMITS}={permit(run)}"):
        refuse_strangers(run)
    monkeypatch.setenv(PERMITS, "")
    allow(toy_run(tmp_path, policy=policy))
    refuse_strangers(run)
    with pytest.raises(ConfigError, match=PERMITS):
        refuse_strangers(
            toy_run(tmp_path, policy={"kind": "vllm", "model": "m", "python": "/other"})
        )


@pytest.mark.usefixtures("through_the_api")
@pytest.mark.parametrize("policy", [{"kind": "scripted"}, {"kind": "vllm", "model": "m"}])
def test_a_policy_that_names_no_code_needs_no_permit(
    tmp_path: Path, policy: dict[str, Any]
) -> None:
    refuse_strangers(toy_run(tmp_path, policy=policy))


@pytest.mark.parametrize("policy", CODE)
def test_a_run_of_the_command_line_needs_no_permit(tmp_path: Path, policy: dict[str, Any]) -> None:
    refuse_strangers(toy_run(tmp_path, policy=policy))

"""The examples on docs/answers.md are true."""

import re
from pathlib import Path
from typing import Any

import pytest

from verification.comparing.equivalence import compare
from verification.conventions import Conventions
from verification.finding.extraction import PRESETS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "answers.md").read_text(encoding="utf-8")
SETTING = re.compile(r"^\| `(\w+)` \| `(\S+)`( ✓)? \| `(.+?)` \| `(.+?)` \| (\w+) \|$", re.M)
PAIR = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| (same|different|undecided) \|", re.M)
VERDICTS = {"same": True, "different": False, "undecided": None}


@pytest.mark.parametrize(
    ("setting", "value", "default", "gold", "answer", "verdict"), SETTING.findall(PAGE)
)
def test_a_setting_does_what_the_page_says(
    setting: str, value: Any, default: Any, gold: str, answer: str, verdict: str
) -> None:
    conventions = Conventions(**{setting: {"true": True, "false": False}.get(value, value)})
    assert compare(gold, answer, conventions).equal is VERDICTS[verdict]
    assert (conventions == Conventions()) == bool(default)


@pytest.mark.parametrize(("gold", "answer", "verdict"), PAIR.findall(PAGE))
def test_a_pair_is_judged_as_the_page_says(gold: str, answer: str, verdict: str) -> None:
    assert compare(gold, answer).equal is VERDICTS[verdict]


def test_every_setting_and_preset_is_on_the_page() -> None:
    shown = {setting for setting, *_ in SETTING.findall(PAGE)}
    assert shown == set(Conventions.model_fields)
    assert all(f"`{preset}`" in PAGE for preset in PRESETS)

"""The golds of published datasets: each is read, accepts itself, and rejects a changed copy."""

import gzip
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from verification.comparing.equivalence import compare
from verification.comparing.perturb import perturbed
from verification.parsing.parsed import Parsed
from verification.tree.bounds import UnparsedError
from verification.tree.spelling import spelled_answer

SHARED = Path(os.environ.get("STEPMINT_SHARED", Path(__file__).resolve().parents[4] / "shared"))
PROBLEMS = SHARED / "data" / "problems"
needs_data = pytest.mark.skipif(not PROBLEMS.is_dir(), reason="no ../shared/data/problems here")

REWRITINGS: list[Callable[[str], str]] = [
    lambda text: f"${text}$",
    lambda text: f"\\boxed{{{text}}}",
    lambda text: f" {text} .",
    lambda text: text.replace("\\frac", "\\dfrac"),
    lambda text: text.replace("\\left", "").replace("\\right", ""),
    lambda text: re.sub(r"\^\{(\w)\}", r"^\1", text),
    lambda text: text.replace("^\\circ", "^{\\circ}"),
    lambda text: text.replace(",\\!", "{,}"),
    lambda text: text.replace("\\infty", "+\\infty").replace("-+", "-"),
    lambda text: text.replace("\\text{", "\\mbox{"),
]


def _rows(name: str) -> Iterator[dict[str, str]]:
    path = PROBLEMS / name
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    try:
        yield from json.loads(text)
    except json.JSONDecodeError:
        yield from map(json.loads, text.splitlines())


def _golds(name: str, field: str, *, every: int = 1) -> list[str]:
    golds = sorted({str(row[field]).strip() for row in _rows(name)} - {""})
    return golds[::every]


def _shares(golds: list[str]) -> tuple[float, list[str]]:
    """Return the share of golds that are read, and those that fail a check after that."""
    readable, failures = 0, []
    for text in golds:
        gold = Parsed(text)
        try:
            tree = gold.tree
        except UnparsedError:
            continue
        readable += 1
        changed = perturbed(text)
        if changed is None or compare(gold, changed).equal is not False:
            failures.append(f"{text!r} does not reject {changed!r}")
        if compare(gold, spelled_answer(tree)).equal is not True:
            failures.append(f"{text!r} does not accept {spelled_answer(tree)!r}")
        failures += [
            f"{text!r} does not accept {rewrite(text)!r}"
            for rewrite in REWRITINGS
            if "$" not in text and compare(gold, rewrite(text)).equal is not True
        ]
    return readable / len(golds), failures


@needs_data
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 10])
def test_math_golds_are_read_kept_apart_and_unmoved_by_rewriting(every: int) -> None:
    read, failures = _shares(_golds("math_12000_capital_keys.json.gz", "answer", every=every))
    assert read > 0.999
    assert failures == []


@needs_data
@pytest.mark.parametrize(
    ("name", "field", "least"),
    [
        ("qwen_eval/gaokao2023en_test.jsonl", "answer", 0.98),
        ("qwen_eval/aime24_test.jsonl", "answer", 1.0),
        ("qwen_eval/amc23_test.jsonl", "answer", 1.0),
        ("qwen_eval/asdiv_test.jsonl.gz", "answer", 0.97),
        ("qwen_eval/svamp_test.jsonl.gz", "Answer", 1.0),
    ],
)
def test_other_golds_are_read_and_reject_a_changed_copy(
    name: str, field: str, least: float
) -> None:
    golds = _golds(name, field, every=3 if "asdiv" in name else 1)
    read, failures = _shares(golds)
    assert read >= least
    assert len(failures) <= 0.005 * len(golds), failures

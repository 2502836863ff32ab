"""Cells of any kind in any place make a row that is read or rejected, and nothing else."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from schemas import StepStatement
from sources.rows import BadCellError
from sources.stated import FORMS, StatedFormat, form_named
from tests.sources.stated.test_forms import SAME

JUNK: list[Any] = [
    None, True, -1, 10**30, 10**400, 0.5, float("nan"), float("inf"), Decimal("1e400"),
    Decimal("NaN"), "", " ", "x", "\0", "\ud800", "[[", "+", b"\xff", [], [[]], [None], ["x", 1],
    {}, {"text": None}, [{}], [{"text": ["x"]}], [[["x"]]], {"steps": [{"completions": 3}]},
    [{"role": 1}], ["x"] * 2000,
]  # fmt: skip


def spoiled(cell: Any) -> Iterator[Any]:
    """Yield a cell with junk in its place, and in the place of each cell inside it."""
    yield from JUNK
    if isinstance(cell, dict):
        for key, inner in cell.items():
            yield {name: one for name, one in cell.items() if name != key}
            yield from ({**cell, key: junk} for junk in spoiled(inner))
    elif isinstance(cell, list):
        for place, inner in enumerate(cell):
            yield from ([*cell[:place], junk, *cell[place + 1 :]] for junk in spoiled(inner))


APS = {"q": "2 + 2?", "states": [{"state": "a", "rollout": "b", "mcs": 0.5}]}
TREE = {
    "question": "2 + 2?",
    "reasoning_steps": {
        "text": "2 + 2?",
        "mc_value": 1.0,
        "children": [{"text": "a", "mc_value": 1.0, "children": []}],
    },
}
FLAT = {"question": "q", "reasoning_steps": [{"solution_prefix": "q a", "mc_value": 1.0}]}
CRITIC = {"instruction": "q", "responses": ["a"], "next_response": "b", "rating": 1}
COT = {"question": "q", "answer": "#1. a", "gt_answer": "4", "flag": 1, "correct": True}
RATED = {"question": "q", "model_output_step_format": [["a"]], "rating": [1]}
SEARCHED = {
    "search": "beam",
    "question": "q",
    "gold": "4",
    "steps": ["a", "b"],
    "grades": [0.9, None],
    "outcome": "correct",
    "id": "beam:candidate-0",
}
ROWS = [
    *SAME,
    ("search", SEARCHED),
    *(("math_aps", row) for row in (APS, TREE, FLAT)),
    ("prm800k_critic", CRITIC),
    ("verify_cot", COT),
    ("reasoneval", RATED),
]


def form_of(name: str) -> StatedFormat:
    form = form_named(name)
    assert form is not None
    return form


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[name for name, _ in ROWS])
def test_junk_in_any_cell_is_read_or_rejected_with_a_reason(name: str, row: dict[str, Any]) -> None:
    form = form_of(name)
    for key, cell in row.items():
        for junk in spoiled(cell):
            cells = {**row, key: junk}
            assert isinstance(any(one.fits(cells) for one in FORMS), bool)
            try:
                found = list(form.assembled(form.solutions(cells)))
            except BadCellError:
                continue
            for one in found:
                assert len(one.steps) == len(one.stated) > 0
                assert all(step.strip() for step in one.steps)
                assert one.question
                "".join((one.question, one.answer, one.id, *one.steps)).encode()
                assert all(_sound(each) for each in one.stated)


def _sound(one: StepStatement) -> bool:
    one.said.encode()
    one.why.encode()
    return one.label is None or 0 <= one.label <= 1

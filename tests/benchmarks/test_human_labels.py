"""Labelers beside people's labels: what is read, what is drawn, what is counted."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.human_labels.measure import measured
from benchmarks.human_labels.report import as_json, markdown
from benchmarks.human_labels.sets import REST, SETS, Marked, drawn, load
from stepmint import StepLabeler

ROOT = Path(__file__).parent.parent.parent
SHARED = ROOT / "../shared/data"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared")
SUM, GOLD = "Add up: 3, 5, 9.", "17"


def marked(id: str, steps: tuple[str, ...], truth: int, final: bool | None = None) -> Marked:
    return Marked(question=SUM, gold=GOLD, id=id, steps=steps, truth=truth, final=final)


RIGHT = marked("r", ("3 + 5 = 8\n", "8 + 9 = 17\n", "#### 17"), -1, True)
WRONG = marked("w", ("3 + 5 = 8\n", "8 + 9 = 18\n", "#### 18"), 1, False)
MISREAD = marked("m", ("3 + 5 = 8\n", "8 + 9 = 18\n", "#### 18"), 0, True)


def test_agreement_f1_and_cost_worked_out_by_hand() -> None:
    async def main() -> None:
        async with StepLabeler(
            policy={"kind": "scripted", "error": 0.05, "recovery": 0.0},
            labeler={"kind": "math_shepherd", "num_rollouts": 4},
            prompt="synthetic",
        ) as mint:
            line = await measured("shepherd", mint, [RIGHT, WRONG, MISREAD], seed=0)
            tokens = mint.costs.completion_tokens
        of = line.figures
        assert of["agreement"].value == pytest.approx(2 / 3)
        assert of["found_correct"].value == 1
        assert of["found_erroneous"].value == 0.5
        assert of["f1_abstention_is_a_miss"].value == pytest.approx(2 / 3)
        assert of["exact_per_token"].value == pytest.approx(2 / tokens)
        assert of["rollouts"].value == pytest.approx(
            12 / 3
        )  # three prefixes, of which one is shared
        assert (line.verdicts, line.verdicts_same) == (3, 2)
        assert "| shepherd | 66.7 [" in markdown("sums", [line])
        json.dumps(as_json({"sums": [line]}), allow_nan=False)

    asyncio.run(main())


def test_a_solution_that_cannot_be_labelled_is_an_abstention() -> None:
    async def main() -> None:
        async with StepLabeler(policy={"kind": "scripted"}, labeler={"kind": "outcome"}) as mint:
            nothing = Marked(question="?", gold="", id="n", steps=("a",), truth=0, final=None)
            line = await measured("outcome", mint, [RIGHT, nothing], seed=0)
        assert line.set_aside == 1
        assert line.figures["agreement"].value == line.figures["kept"].value == 0.5

    asyncio.run(main())


def test_half_of_what_is_drawn_is_erroneous_as_far_as_there_are_so_many() -> None:
    some = [marked(f"w{n}", ("a",), 0) for n in range(30)]
    some += [marked(f"r{n}", ("a",), -1) for n in range(5)]

    def drawn_of(count: int, seed: int = 0) -> list[bool]:
        return [one.truth >= 0 for one in drawn(some, count, seed=seed)]

    assert (drawn_of(8).count(True), drawn_of(8).count(False)) == (4, 4)
    assert (drawn_of(20).count(True), drawn_of(20).count(False)) == (15, 5)
    assert len(drawn_of(99)) == 35
    assert drawn(some, 8, seed=0) != drawn(some, 8, seed=1)
    assert drawn(some, 8, seed=0) == drawn(some[::-1], 8, seed=0)


@needs_shared
@pytest.mark.parametrize(("number", "most_missing"), [(0, 0), (1, 0), (2, 1)])
def test_golds_are_found_for_the_marked_solutions(number: int, most_missing: int) -> None:
    found, missing = load(SETS[number], SHARED)
    assert missing <= most_missing
    assert len(found) > 50
    assert all(-1 <= one.truth < len(one.steps) and one.gold for one in found)


@needs_shared
def test_what_is_missing_behind_a_marked_step_has_a_step_in_its_place() -> None:
    found, _ = load(SETS[2], SHARED)
    broken = [one for one in found if one.steps[-1] == REST]
    assert broken
    assert all(one.truth == len(one.steps) - 2 for one in broken)


@needs_shared
@pytest.mark.slow
def test_the_command_prints_tables_and_writes_them(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.human_labels", "--quick"),
            *("--policy", '{"kind": "scripted"}', "--data", str(SHARED)),
            *("--markdown", str(tmp_path / "t.md"), "--json", str(tmp_path / "t.json")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "ProcessBench GSM8K: 16 of" in done.stdout
    assert (tmp_path / "t.md").read_text().count("| outcome |") == len(SETS)
    assert len(json.loads((tmp_path / "t.json").read_text())["sets"]) == len(SETS)

"""Sets that state the first wrong step of a solution, or of each step whether it is one.

ProcessBench (2412.06559): 0-based, -1: none. BIG-Bench-Mistake (2311.08516): 0-based, null: none.
MR-GSM8K (2312.17080): 1-based. LateBench: PRM800K's, flattened. Hard2Verify (2510.13744): a label
a step, an error carried forward is one; its texts are disguised by a key in each row, so that
crawlers do not learn them. Natural Program (2306.03872): one label a chain.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import cycle
from typing import ClassVar, Literal

from schemas import Outcome, StepStatement
from sources.cells import lookup, optional_text
from sources.options import with_options
from sources.rows import BadCellError
from sources.stated.marks import (
    first,
    gold,
    marks,
    named,
    outcome,
    question,
    steps_of,
    until_error,
    whole,
)
from sources.stated.seam import Cells, LabelKind, StatedFormat, StatedSolution


class ProcessBench(StatedFormat):
    """ProcessBench: `problem`, `steps`, `label` (0-based first wrong step, -1: none)."""

    columns: ClassVar[tuple[str, ...]] = ("problem", "steps", "label", "final_answer_correct")
    kind: ClassVar[LabelKind] = "human"

    format: Literal["processbench"] = "processbench"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        steps = steps_of(cells.get("steps"))
        yield StatedSolution(
            question=question(cells, "problem"),
            steps=steps,
            stated=until_error(len(steps), whole(cells.get("label"))),
            outcome=outcome(cells.get("final_answer_correct")),
            id=named(cells, "id"),
        )


class MrGsm8k(StatedFormat):
    """MR-GSM8K and MR-MATH: `model_output_solution_first_error_step`, 1-based, N/A: none."""

    columns: ClassVar[tuple[str, ...]] = (
        "question",
        "model_output_solution_correctness",
        "model_output_solution_first_error_step",
    )
    kind: ClassVar[LabelKind] = "human"
    between: ClassVar[str] = "\n"

    format: Literal["mr_gsm8k"] = "mr_gsm8k"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        steps = steps_of(first(cells, "model_output_steps", "model_output_step_format"))
        why = optional_text(cells.get("model_output_solution_first_error_reason")) or ""
        yield StatedSolution(
            question=question(cells, "question"),
            answer=gold(cells, "ground_truth_answer"),
            steps=steps,
            stated=until_error(len(steps), self._error(cells), why="" if why == "N/A" else why),
            outcome=outcome(cells.get("model_output_answer_correctness")),
            id=named(cells, "uuid", "id"),
            reference=optional_text(cells.get("ground_truth_solution")),
            subject=optional_text(cells.get("question_type")),
        )

    def _error(self, cells: Cells) -> int:
        right = outcome(cells.get("model_output_solution_correctness"))
        step = cells.get("model_output_solution_first_error_step")
        if step in (None, "", "N/A"):
            if right is not Outcome.CORRECT:
                raise BadCellError("stated wrong, and not where")
            return -1
        return whole(step) - 1


class BigBenchMistake(StatedFormat):
    """BIG-Bench-Mistake: `input`, `steps`, `mistake_index` (0-based, null: none)."""

    columns: ClassVar[tuple[str, ...]] = ("input", "steps", "mistake_index")
    kind: ClassVar[LabelKind] = "human"
    between: ClassVar[str] = "\n"

    format: Literal["big_bench_mistake"] = "big_bench_mistake"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution; its answer is right where it is the target to the letter."""
        steps = steps_of(cells.get("steps"))
        error = cells.get("mistake_index")
        answer, stated = gold(cells, "target"), gold(cells, "answer")
        yield StatedSolution(
            question=question(cells, "input"),
            answer=answer,
            steps=steps,
            stated=until_error(len(steps), -1 if error is None else whole(error)),
            outcome=outcome(answer == stated) if answer and stated else Outcome.UNDECIDED,
        )


class LateBench(StatedFormat):
    """LateBench: `problem.statement`, `solution.steps` with `content` and `is_error`."""

    columns: ClassVar[tuple[str, ...]] = ("problem", "solution", "error_injection")
    kind: ClassVar[LabelKind] = "human"
    between: ClassVar[str] = "\n"

    format: Literal["latebench"] = "latebench"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        steps = lookup(cells, "solution.steps")
        wrong = [
            one.get("is_error") if isinstance(one, Mapping) else None
            for one in (steps if isinstance(steps, list | tuple) else ())
        ]
        texts = steps_of(steps)
        if not all(isinstance(one, bool) for one in wrong):
            raise BadCellError("a step does not say whether it is an error")
        error = wrong.index(True) if True in wrong else -1
        yield StatedSolution(
            question=question(cells, "problem.statement"),
            steps=texts,
            stated=until_error(len(texts), error),
            id=named(cells, "id"),
            subject=optional_text(lookup(cells, "source.subject")),
        )


class Hard2Verify(StatedFormat):
    """Hard2Verify: `model_response_by_step` and `human_labels` (1 right), disguised by `canary`."""

    columns: ClassVar[tuple[str, ...]] = ("question", "model_response_by_step", "human_labels")
    kind: ClassVar[LabelKind] = "human"

    format: Literal["hard2verify"] = "hard2verify"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        names = ("question", "model_response_by_step", "human_labels")
        clear = {name: _clear(cells.get(name), cells.get("canary")) for name in names}
        steps = steps_of(clear["model_response_by_step"])
        yield StatedSolution(
            question=question(clear, "question"),
            steps=steps,
            stated=marks(clear["human_labels"], steps),
            id=named(cells, "unique_id", "id"),
        )


def _clear(value: object, canary: object) -> object:
    """Return a cell of Hard2Verify as it was before it was disguised; others as they are.

    Disguised is: XOR with the SHA-256 of the canary over and over, in base64; lists are JSON.
    """
    if not isinstance(value, str) or not isinstance(canary, str):
        return value
    try:
        hidden = base64.b64decode(value, validate=True)
        text = bytes(
            byte ^ key for byte, key in zip(hidden, cycle(sha256(canary.encode()).digest()))
        ).decode()
    except ValueError:  # not base64, or not with this key: the cell is in clear
        return value
    try:
        return json.loads(text)
    except ValueError:
        return text


class VerifyCot(StatedFormat):
    """Natural Program's chains (2306.03872): one `flag` for the whole: 1 says that all is valid.

    Of a chain that is not valid nobody says which step is wrong: such rows are rejected.
    """

    columns: ClassVar[tuple[str, ...]] = ("question", "answer", "gt_answer", "flag", "correct")
    kind: ClassVar[LabelKind] = "human"
    between: ClassVar[str] = "\n"

    format: Literal["verify_cot"] = "verify_cot"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution, a step for each numbered statement."""
        if outcome(cells.get("flag")) is not Outcome.CORRECT:
            raise BadCellError(
                "one label for the whole chain",
                "it says that some step is wrong, and not which",
            )
        steps = steps_of(_numbered(cells.get("answer")))
        yield StatedSolution(
            question=with_options(question(cells, "question"), cells.get("choices")),
            answer=gold(cells, "gt_answer", from_solution=True),
            steps=steps,
            stated=(StepStatement(label=1.0, said="1, of the whole chain"),) * len(steps),
            outcome=outcome(cells.get("correct")),
        )


def _numbered(value: object) -> list[str]:
    """Return the pieces of a text that begin with `#1. `, `#2. `, ..., what is before with them."""
    if not isinstance(value, str):
        raise BadCellError("no list of steps", type(value).__name__)
    pieces: list[str] = []
    for line in value.replace("\r\n", "\n").split("\n"):
        if not pieces or line.startswith("#"):
            pieces.append(line)
        else:
            pieces[-1] += f"\n{line}"
    return [piece.strip() for piece in pieces if piece.strip()]

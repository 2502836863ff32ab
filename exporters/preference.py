"""Preference pairs, as TRL's preference type: for `DPOTrainer` and `RewardTrainer`.

Next steps behind one prefix, of different value: Step-DPO's form (2406.18629), and what the process
preference model of rStar-Math learns from (2501.04519). Last steps are among them, whose value is
the verdict on the answer. Whole solutions, right against wrong, are pairs of the empty prefix.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import ClassVar, Literal, TypedDict, TypeVar

import pyarrow as pa
from pydantic import Field

from exporters.edits import differ_by
from exporters.outcome import OutcomeExporter
from exporters.prefixes import Branch, prefix_tree
from exporters.records import Made, Refused, Settled, Taken, Tokenizer
from exporters.seam import ProblemExporter
from schemas import Node, Problem, StopRule
from schemas.views import AnyView

_TEXT, _REAL = pa.string(), pa.float64()
_ROUNDING = 1e-9
"""Values are shares of small counts, and 0.9 - 0.65 is to reach a margin of 0.25."""
T = TypeVar("T")
Pair = tuple[Branch, Branch]
"""Chosen and rejected."""


class PreferenceRow(TypedDict):
    """Two next steps behind one prefix."""

    step: int
    """Steps before them, so the 0-based place of both in their solutions."""
    prompt: str
    """The question, a line break, the steps before."""
    chosen: str
    """The step of higher value, to the byte."""
    rejected: str
    margin: float
    """chosen_value - rejected_value, in (0, 1]."""
    chosen_value: float
    rejected_value: float


class PreferenceExporter(ProblemExporter):
    """Pairs of next steps behind one prefix.

    A view that decides gives values 1 and 0. Behind an error there are pairs only where the view
    says `after_error: keep`. Grades that are read off counts are compared only between steps whose
    sampling stopped by the same rule: the verdict on an answer is no share of rollouts.
    """

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "step": pa.int32(),
            "prompt": _TEXT,
            "chosen": _TEXT,
            "rejected": _TEXT,
            "margin": _REAL,
            "chosen_value": _REAL,
            "rejected_value": _REAL,
        }
    )
    takes_grades: ClassVar[bool] = True

    format: Literal["preference"] = "preference"
    select: Literal["rstar_math", "best_worst", "all"] = "rstar_math"
    """Of the next steps behind a prefix: the 2 of highest value that lead to right answers with the
    2 of lowest that lead to wrong ones (where there is 1 of either, 4 of the other), as rStar-Math
    picks them; the best with the worst; or every two."""
    min_margin: float = Field(default=0.25, gt=0, le=1)
    """The least difference of values. rStar-Math's is 0.5 of values from -1 to 1."""
    min_edit_distance: int = Field(default=1, ge=1)
    """The least number of characters to insert, delete or replace between the two steps, blanks at
    their ends aside. rStar-Math's is 20."""

    def rows(
        self, problem: Problem, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled
    ) -> Iterator[Made | Refused]:
        """Yield the problem's pairs, prefix by prefix; or that it has none."""
        root = prefix_tree((one.steps.solution for one in taken), nodes, settled.view)
        pairs = [
            pair
            for branch in root.every()
            for steps in _comparable(branch, settled.view)
            for pair in self.pairs(steps)
        ]
        for chosen, rejected in pairs:
            row = _step_row(problem, chosen, rejected)
            yield _fitted(row, self, settled)
        if not pairs:
            yield Refused(reason="no two next steps of the problem make a pair")

    def pairs(self, steps: Sequence[Branch]) -> list[Pair]:
        """Return the pairs among next steps behind one prefix, best first."""
        return [pair for pair in self._picked(steps) if self._far_apart(*pair)]

    def _picked(self, steps: Sequence[Branch]) -> Iterable[Pair]:
        """Return the pairs among next steps behind a prefix that are picked, best first."""
        ranked = sorted(steps, key=lambda one: (-one.grade, one.steps[-1]))
        match self.select:
            case "rstar_math":
                return _rstar_math(ranked)
            case "best_worst":
                return [(ranked[0], ranked[-1])]
            case "all":
                return product(ranked, reversed(ranked))

    def _far_apart(self, chosen: Branch, rejected: Branch) -> bool:
        if chosen.grade - rejected.grade < self.min_margin - _ROUNDING:
            return False
        better, worse = chosen.steps[-1].strip(), rejected.steps[-1].strip()
        return bool(better and worse) and differ_by(better, worse, self.min_edit_distance)


class OutcomePairRow(TypedDict):
    """Two solutions of one problem, of which one has the right answer."""

    prompt: str
    """The question and a line break."""
    chosen: str
    """The right solution, blanks at its ends aside."""
    rejected: str


class OutcomePreferenceExporter(OutcomeExporter):
    """Pairs of whole solutions, right against wrong, by the verdicts on their answers.

    A verifier by preferences learns from them (V-STaR, 2402.06457). Each solution meets another
    before one is taken twice.
    """

    columns: ClassVar[pa.Schema] = pa.schema({"prompt": _TEXT, "chosen": _TEXT, "rejected": _TEXT})

    format: Literal["outcome_preference"] = "outcome_preference"
    max_pairs: int = Field(default=4, ge=1)
    """Pairs of one problem, so that problems with many solutions do not outweigh the others."""

    def rows(
        self, problem: Problem, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled
    ) -> Iterator[Made | Refused]:
        """Yield the problem's pairs; or that it has none."""
        right = [one.steps.steps[0] for one in taken if one.steps.labels[0]]
        wrong = [one.steps.steps[0] for one in taken if not one.steps.labels[0]]
        if not right or not wrong:
            yield Refused(reason="all solutions of the problem are right, or all are wrong")
            return
        for chosen, rejected in in_turns(right, wrong, self.max_pairs):
            row = OutcomePairRow(prompt=f"{problem.question}\n", chosen=chosen, rejected=rejected)
            yield _fitted(row, self, settled)


def in_turns(right: Sequence[T], wrong: Sequence[T], most: int) -> Iterator[tuple[T, T]]:
    """Yield so many pairs at most: all of a side are in one before one of it is in two."""
    for place in range(min(max(len(right), len(wrong)), most)):
        yield right[place % len(right)], wrong[place % len(wrong)]


def _comparable(branch: Branch, view: AnyView) -> Iterable[Sequence[Branch]]:
    """Return the next steps behind a prefix that have a value, those together that compare."""
    groups: dict[StopRule | None, list[Branch]] = {}
    for step in branch.children.values():
        if step.value is not None:
            rule = step.evidence.stop_rule if view.grades_counts else None
            groups.setdefault(rule, []).append(step)
    return groups.values()


def _rstar_math(ranked: Sequence[Branch]) -> Iterable[Pair]:
    """Return rStar-Math's pairs among next steps, best first; it asks for their margin itself."""
    right = [one for one in ranked if one.right]
    wrong = [one for one in reversed(ranked) if one.wrong]
    best = right[: 4 if len(wrong) == 1 else 2]
    worst = wrong[: 4 if len(right) == 1 else 2]
    return product(best, worst)


def _step_row(problem: Problem, chosen: Branch, rejected: Branch) -> PreferenceRow:
    *before, step = chosen.steps
    return PreferenceRow(
        step=len(before),
        prompt=f"{problem.question}\n{''.join(before)}",
        chosen=step,
        rejected=rejected.steps[-1],
        margin=chosen.grade - rejected.grade,
        chosen_value=chosen.grade,
        rejected_value=rejected.grade,
    )


def _fitted(
    row: PreferenceRow | OutcomePairRow, exporter: ProblemExporter, settled: Settled
) -> Made | Refused:
    """Return a pair, or that TRL would cut it or drop it."""
    if exporter.too_long(settled, partial(pair_length, row)):
        return Refused(reason=f"a pair longer than {exporter.max_length} tokens")
    return Made(row=row)


def pair_length(row: PreferenceRow | OutcomePairRow, tokenizer: Tokenizer) -> int:
    """Return the tokens TRL makes of the longer text of a pair; it puts an end behind each."""
    texts = (row["prompt"] + row["chosen"], row["prompt"] + row["rejected"])
    return int(tokenizer.adds_bos) + max(map(tokenizer.count, texts)) + 1

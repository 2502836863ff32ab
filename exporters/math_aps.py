"""MATH-APS as OpenR's omegaPRM_v2 writes it: a row per problem, its prefixes with their values.

Flat: each prefix whole, behind the question and a blank line. Tree: what each adds to the one
before it; prefixes without a value are none of its nodes, their text is part of the next. OpenR
also hangs each right rollout into its tree, whole, with a value of 1 that nobody estimated: we
write what was sampled, and the verdicts on the solutions themselves.

`mc_value` is a number that its reader compares with 0.5. So views that decide are refused, and the
default is `soft`, the Monte Carlo value itself: of evidence that was stopped early it is biased,
and must be asked for as another number, e.g. `beta`.
"""

import hashlib
import json
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar, Literal, TypedDict

import pyarrow as pa

from exporters.prefixes import Branch, prefix_tree
from exporters.records import Made, Refused, Settled, Taken, Tokenizer, TrainingRow
from exporters.seam import ProblemExporter
from schemas import Node, Problem
from schemas.views import AnyView, Concludes, Soft, StatedGrades

_DEEPEST = 200
"""Levels of a tree: OpenR's reader calls itself three times a level, and Python's limit is 1000."""
_TEXT = pa.string()
_PREFIX = pa.struct({"solution_prefix": _TEXT, "mc_value": pa.float64()})


class ValuedPrefix(TypedDict):
    """One prefix of a flat row."""

    solution_prefix: str
    """The question, a blank line, the steps so far."""
    mc_value: float


class MathApsRow(TypedDict):
    """One row of MATH-APS."""

    question: str
    final_answer: str
    reasoning_steps: list[ValuedPrefix]
    question_id: int
    """OpenR counts its questions; ours is 48 bits of a hash of the problem's id."""


class MathApsTreeRow(TypedDict):
    """One row of MATH-APS as a tree."""

    question: str
    final_answer: str
    reasoning_steps: str
    """The root as JSON: `text`, `mc_value`, `children`, which are such nodes too. Parquet has no
    type for a tree of any depth."""
    question_id: int


class ValuedNode(TypedDict):
    """One node of a tree."""

    text: str
    """What it adds to the node before it; the root's is the question."""
    mc_value: float
    children: list["ValuedNode"]


class _Valued(ProblemExporter):
    """What the two forms share."""

    takes_grades: ClassVar[bool] = True
    takes_decisions: ClassVar[bool] = False

    def own_view(self, concludes: Concludes) -> AnyView:
        """Return the numbers themselves, those behind an error too."""
        view = StatedGrades if concludes == "stated" else Soft
        return view(after_error="keep")

    def rows(
        self, problem: Problem, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled
    ) -> Iterator[Made | Refused]:
        """Yield the problem's row; and each prefix that is left out for its length."""
        root = prefix_tree((one.steps.solution for one in taken), nodes, settled.view)
        valued = list[Branch]()
        for branch in root.every():
            if branch.value is None:
                continue
            if self.too_long(settled, partial(_length, problem, branch)):
                yield Refused(reason=f"a prefix is longer than {self.max_length} tokens")
            else:
                valued.append(branch)
        row = self._row(problem, valued) if valued else Refused(reason="no prefix has a value")
        if isinstance(row, Refused):
            yield row
        else:
            yield Made(row=row, labels=tuple(one.grade for one in valued))

    @abstractmethod
    def _row(self, problem: Problem, valued: Sequence[Branch]) -> TrainingRow | Refused:
        """Return the row of all prefixes with a value, each behind those before it."""


class MathApsExporter(_Valued):
    """Rows of MATH-APS: a list of prefixes, each behind the one it goes on from."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "question": _TEXT,
            "final_answer": _TEXT,
            "reasoning_steps": pa.list_(_PREFIX),
            "question_id": pa.int64(),
        }
    )

    format: Literal["math_aps"] = "math_aps"

    def _row(self, problem: Problem, valued: Sequence[Branch]) -> MathApsRow:
        steps = [
            ValuedPrefix(solution_prefix=whole_text(problem, one), mc_value=one.grade)
            for one in valued
        ]
        return MathApsRow(
            question=problem.question,
            final_answer=problem.answer,
            reasoning_steps=steps,
            question_id=_number(problem),
        )


class MathApsTreeExporter(_Valued):
    """Rows of MATH-APS as a tree, which is JSON text."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "question": _TEXT,
            "final_answer": _TEXT,
            "reasoning_steps": _TEXT,
            "question_id": pa.int64(),
        }
    )

    format: Literal["math_aps_tree"] = "math_aps_tree"

    def _row(self, problem: Problem, valued: Sequence[Branch]) -> MathApsTreeRow | Refused:
        if valued[0].steps:
            return Refused(reason="the question itself has no value")
        if max(len(one.steps) for one in valued) >= _DEEPEST:
            return Refused(reason=f"a tree of {_DEEPEST} levels or more")
        return MathApsTreeRow(
            question=problem.question,
            final_answer=problem.answer,
            reasoning_steps=json.dumps(_tree(problem, valued), ensure_ascii=False),
            question_id=_number(problem),
        )


def whole_text(problem: Problem, branch: Branch) -> str:
    """Return the question, a blank line and the steps of a prefix; of the root the question."""
    return f"{problem.question}\n\n{''.join(branch.steps)}".rstrip()


def _length(problem: Problem, branch: Branch, tokenizer: Tokenizer) -> int:
    return int(tokenizer.adds_bos) + tokenizer.count(whole_text(problem, branch))


def _tree(problem: Problem, valued: Sequence[Branch]) -> ValuedNode:
    """Return the root of the nodes of prefixes, of which each comes behind those before it."""
    root = ValuedNode(text=problem.question, mc_value=valued[0].grade, children=[])
    nodes: dict[tuple[str, ...], ValuedNode] = {(): root}
    for branch in valued[1:]:
        parent = next(one for one in reversed(branch.path()[:-1]) if one.steps in nodes)
        added = "".join(branch.steps[len(parent.steps) :]).strip()
        node = ValuedNode(text=added, mc_value=branch.grade, children=[])
        nodes[parent.steps]["children"].append(node)
        nodes[branch.steps] = node
    return root


def _number(problem: Problem) -> int:
    return int.from_bytes(hashlib.sha256(problem.id.encode()).digest()[:6], "big")

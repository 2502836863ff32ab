"""Rows from which a policy learns to revise its own answers (Snell et al., 2408.03314).

Solutions of a problem are drawn apart, and a chain is made of them: some wrong ones, of which the
last is that nearest to the right one that follows, so that what is learnt is to find and mend an
error, not to begin anew. The loss is taken on the right one alone.
"""

import random
from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar, Literal, TypedDict

import pyarrow as pa
from pydantic import Field

from exporters.edits import nearest
from exporters.outcome import OutcomeExporter
from exporters.records import LabelledSteps, Made, Refused, Settled, Taken, Tokenizer
from schemas import LabelledSolution, Node, Outcome, Problem

_TEXT, _INT = pa.string(), pa.int32()
_TURN = pa.struct({"role": _TEXT, "content": _TEXT, "train": pa.bool_()})


class TrainedTurn(TypedDict):
    """One message of a chat."""

    role: str
    content: str
    train: bool
    """Whether the loss is taken on it."""


class RevisionRow(TypedDict):
    """A right solution behind wrong ones of its problem."""

    solution_index: int
    """The right one's."""
    context_indices: list[int]
    """Those of the wrong ones, in the order in which they stand."""
    edit_distance: int | None
    """Characters to insert, delete or replace between the last wrong one and the right one; None
    without any."""
    seed: int
    """That of the draw."""
    messages: list[TrainedTurn]
    """The question, each wrong solution with the request to revise it, the right one."""


class RevisionExporter(OutcomeExporter):
    """A row for each right solution, with m ~ U{0, ..., min(4, wrong ones)} wrong ones before it.

    The last is the nearest by edit distance, the others are drawn. Solutions without an answer, or
    without a verdict on it, are in no row.
    """

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "solution_index": _INT,
            "context_indices": pa.list_(_INT),
            "edit_distance": _INT,
            "seed": pa.int64(),
            "messages": pa.list_(_TURN),
        }
    )
    usage: ClassVar[str] = """
from trl import SFTConfig, SFTTrainer

def last_alone(row):  # TRL takes the loss on completions
    *said, answer = row["messages"]
    return {"prompt": said, "completion": [answer]}

rows = rows.map(last_alone, remove_columns=rows["train"].column_names)
trainer = SFTTrainer(
    model=model, args=SFTConfig(output_dir="revision"), processing_class=tokenizer,
    train_dataset=rows["train"], eval_dataset=rows.get("validation"),
)
"""

    format: Literal["revision"] = "revision"
    most: int = Field(default=4, ge=1)
    """Wrong solutions before a right one, at most."""
    again: str = Field(default="Revise your solution.", min_length=1)
    """What the user says behind a wrong solution. It should not say that it is wrong: at test time
    nobody knows."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Of the draws."""

    def taken(
        self, problem: Problem, solution: LabelledSolution, settled: Settled
    ) -> Taken | Refused:
        """Return the whole text with the verdict on its answer."""
        if solution.outcome is Outcome.NO_ANSWER:
            return Refused(reason="it states no answer")
        return super().taken(problem, solution, settled)

    def rows(
        self, problem: Problem, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled
    ) -> Iterator[Made | Refused]:
        """Yield a row for each right solution; or that the problem has none."""
        right = [one.steps for one in taken if one.steps.labels[0]]
        wrong = [one.steps for one in taken if not one.steps.labels[0]]
        for one in right:
            row = self._row(problem, one, wrong)
            if self.too_long(settled, partial(_length, row)):
                yield Refused(reason=f"a chain longer than {self.max_length} tokens")
            else:
                yield Made(row=row)
        if not right:
            yield Refused(reason="no solution of the problem is right")

    def _row(
        self, problem: Problem, right: LabelledSteps, wrong: Sequence[LabelledSteps]
    ) -> RevisionRow:
        index = right.solution.solution_index
        rng = random.Random(f"{self.seed}/revision/{problem.id}/{index}")
        count = rng.randint(0, min(self.most, len(wrong)))
        context, distance = list[LabelledSteps](), None
        if count:
            place, distance = nearest(right.steps[0], [one.steps[0] for one in wrong])
            others = [one for at, one in enumerate(wrong) if at != place]
            context = [*rng.sample(others, count - 1), wrong[place]]
        return RevisionRow(
            solution_index=index,
            context_indices=[one.solution.solution_index for one in context],
            edit_distance=distance,
            seed=self.seed,
            messages=self._chat(problem, [one.steps[0] for one in (*context, right)]),
        )

    def _chat(self, problem: Problem, solutions: Sequence[str]) -> list[TrainedTurn]:
        asked = (problem.question, *[self.again] * (len(solutions) - 1))
        turns = [
            TrainedTurn(role=role, content=content, train=False)
            for pair in zip(asked, solutions, strict=True)
            for role, content in zip(("user", "assistant"), pair, strict=True)
        ]
        turns[-1]["train"] = True
        return turns


def _length(row: RevisionRow, tokenizer: Tokenizer) -> int:
    """Return the tokens of the turns' contents; those of the chat template are not known."""
    return sum(tokenizer.count(turn["content"]) for turn in row["messages"])

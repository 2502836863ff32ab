"""What a critic wrote of the solutions: critiques that agree with the labels, and pairs of both.

A critique is kept only if all its verdicts on labelled steps are the labels (ThinkPRM, 2504.16828);
of a solution one that agrees and one that does not are a pair (R-PRM, 2503.21295). Generative PRMs
learn from both as from chats.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar, Literal, TypedDict

import pyarrow as pa
from pydantic import Field

from exporters.chat import Turn
from exporters.records import Made, Refused, Settled, Taken, Tokenizer
from exporters.seam import Exporter
from exporters.steps import leading_steps
from rollouts.critiquing import critique_prompt, judgement
from schemas import (
    ChatPrompt,
    Completion,
    Critique,
    ExportError,
    Judgement,
    LabelledSolution,
    Node,
    Problem,
)
from schemas.arrow import TURNS
from schemas.settings import FolderName
from schemas.views import Label, first_wrong
from verification.finding.turns import thought_end


class CritiqueRow(TypedDict):
    """One critique whose verdicts are the labels, as a chat."""

    messages: list[Turn]


class CritiqueDpoRow(TypedDict):
    """Two critiques of one solution, as TRL's preferences in chat form."""

    prompt: list[Turn]
    chosen: list[Turn]
    rejected: list[Turn]


class _Critiques(Exporter):
    """What formats of critiques share."""

    key_columns: ClassVar[pa.Schema] = pa.schema(
        {"problem_id": pa.string(), "solution_index": pa.int32()}
    )

    critiques: FolderName = "critic"
    """The set of critiques that is read, as `stepmint critique --set name=...` named it."""
    agree_on: Literal["verdicts", "first_error"] = "verdicts"
    """What has to equal the labels: the verdict on each labelled step, or the first error alone,
    for critics that name no more."""
    thought: Literal["keep", "drop"] = "keep"
    """What becomes of a critic's marked thought; one whose verdicts stand there is kept whole, or
    refused."""
    max_length: int | None = Field(default=4096, ge=1)

    @property
    def rows_of_critiques(self) -> str:
        """The set of critiques that rows are made of."""
        return self.critiques

    def taken(
        self, problem: Problem, solution: LabelledSolution, settled: Settled
    ) -> Taken | Refused:
        """Return a solution of which the labels tell the first error, and that has critiques."""
        labels = settled.view.labels(solution)
        if not all(isinstance(label, bool | None) for label in labels):
            raise ExportError(f"view {settled.view.kind!r} grades, and a critique decides")
        if first_wrong(labels) is None:
            return Refused(reason="the labels do not tell its first error")
        if not all(step.strip() for step in solution.steps):
            return Refused(reason="a step is blank")
        if not settled.critiques.get((problem.id, solution.solution_index)):
            return Refused(reason="it has no critique")
        return Taken(steps=leading_steps(problem, solution, settled.view))

    def rows(
        self, problem: Problem, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled
    ) -> Iterator[Made | Refused]:
        """Yield the rows of each solution's critiques, and why a critique makes none."""
        for one in taken:
            solution = one.steps.solution
            labels = settled.view.labels(solution)
            prompt = _asked(problem, solution, settled)
            for made in self._of_one(prompt, labels, one, settled):
                if isinstance(made, Refused):
                    yield made
                    continue
                row = {"solution_index": solution.solution_index, **made.row}
                yield Made(row=row, labels=one.steps.labels)

    @abstractmethod
    def _of_one(
        self, prompt: list[Turn], labels: Sequence[Label], taken: Taken, settled: Settled
    ) -> Iterator[Made | Refused]:
        """Yield the rows of one solution's critiques."""

    def _compared(
        self, labels: Sequence[Label], taken: Taken, settled: Settled
    ) -> Iterator[tuple[Critique, str, bool | Refused]]:
        """Yield each critique with its text and whether it agrees, or why that cannot be told."""
        solution = taken.steps.solution
        seen: set[str] = set()
        for one in settled.critiques[solution.problem_id, solution.solution_index]:
            agrees, text = self._agrees(one.judgement, labels), self._text(one, len(labels))
            if isinstance(agrees, Refused):
                yield one, "", agrees
            elif isinstance(text, Refused):
                yield one, "", text
            elif text in seen:
                yield one, text, Refused(reason="a critique equals another of its solution")
            else:
                seen.add(text)
                yield one, text, agrees

    def _text(self, critique: Critique, steps: int) -> str | Refused:
        text = critique.completion.text
        if self.thought == "drop" and (end := thought_end(text)):
            text = text[end:]
            if judgement(Completion.of_text(text), steps) != critique.judgement:
                return Refused(reason="a critique judges in its thought")
        return text.strip()

    def _agrees(self, said: Judgement, labels: Sequence[Label]) -> bool | Refused:
        if said.unread:
            return Refused(reason=f"a critique cannot be read: {said.unread}")
        if self.agree_on == "first_error":
            return said.first_error == first_wrong(labels)
        if not said.verdicts:
            return Refused(reason="a critique has no verdict on each step")
        judged = labels[: len(said.verdicts)]
        pairs = zip(judged, said.verdicts, strict=True)
        if any(label is not None and label is not verdict for label, verdict in pairs):
            return False
        if any(label is not None for label in labels[len(judged) :]):
            return Refused(reason="a critique ends before the last labelled step")
        return True


class CritiqueExporter(_Critiques):
    """Chats that end with a critique whose verdicts are the labels; a row a critique."""

    columns: ClassVar[pa.Schema] = pa.schema({"sample_index": pa.int32(), "messages": TURNS})

    format: Literal["critique"] = "critique"
    per_solution: int | None = Field(default=None, ge=1)
    """Rows of one solution at most, the first ones; None: all that agree."""

    def _of_one(
        self, prompt: list[Turn], labels: Sequence[Label], taken: Taken, settled: Settled
    ) -> Iterator[Made | Refused]:
        kept = 0
        for critique, text, agrees in self._compared(labels, taken, settled):
            messages = [*prompt, Turn(role="assistant", content=text)]
            if isinstance(agrees, Refused):
                yield agrees
            elif not agrees:
                yield Refused(reason="a critique disagrees with the labels")
            elif self.too_long(settled, partial(_length, messages)):
                yield Refused(reason=f"longer than {self.max_length} tokens")
            elif kept == self.per_solution:
                yield Refused(reason=f"more than {kept} critiques of one solution agree")
            else:
                kept += 1
                row = CritiqueRow(messages=messages)
                yield Made(row={"sample_index": critique.sample_index, **row})


class CritiqueDpoExporter(_Critiques):
    """Pairs of critiques of one solution: the chosen one agrees with the labels."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "chosen_index": pa.int32(),
            "rejected_index": pa.int32(),
            "prompt": TURNS,
            "chosen": TURNS,
            "rejected": TURNS,
        }
    )

    format: Literal["critique_dpo"] = "critique_dpo"
    pairs: int = Field(default=1, ge=1)
    """Pairs of one solution at most. The first that agrees goes with the first that does not, the
    second with the second: no critique is in two pairs."""

    def _of_one(
        self, prompt: list[Turn], labels: Sequence[Label], taken: Taken, settled: Settled
    ) -> Iterator[Made | Refused]:
        sides: dict[bool, list[tuple[Critique, str]]] = {True: [], False: []}
        for critique, text, agrees in self._compared(labels, taken, settled):
            messages = [*prompt, Turn(role="assistant", content=text)]
            if isinstance(agrees, Refused):
                yield agrees
            elif self.too_long(settled, partial(_length, messages)):
                yield Refused(reason=f"longer than {self.max_length} tokens")
            else:
                sides[agrees].append((critique, text))
        for agrees, name in ((True, "agrees"), (False, "disagrees")):
            if not sides[agrees]:
                yield Refused(reason=f"no critique of a solution {name} with the labels")
        matched = zip(sides[True], sides[False], strict=False)
        for _, ((good, chosen), (bad, rejected)) in zip(range(self.pairs), matched, strict=False):
            row = CritiqueDpoRow(
                prompt=prompt,
                chosen=[Turn(role="assistant", content=chosen)],
                rejected=[Turn(role="assistant", content=rejected)],
            )
            indices = {"chosen_index": good.sample_index, "rejected_index": bad.sample_index}
            yield Made(row={**indices, **row})


def _asked(problem: Problem, solution: LabelledSolution, settled: Settled) -> list[Turn]:
    """Return what the critic was asked, as a chat."""
    template = settled.critique_template
    assert template is not None
    prompt = critique_prompt(template, problem, solution.steps)
    if isinstance(prompt, ChatPrompt):
        return [Turn(role=one.role, content=one.content) for one in prompt.messages]
    return [Turn(role="user", content=prompt.text)]


def _length(chat: Sequence[Turn], tokenizer: Tokenizer) -> int:
    """Return the tokens of a chat's contents; those of its template are not known."""
    return sum(tokenizer.count(turn["content"]) for turn in chat)

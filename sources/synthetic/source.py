"""The synthetic source: seeded word problems whose every step can be judged exactly."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas import Problem, RejectedRow, problem_id
from schemas.settings import Settings
from sources.first_places import FirstPlaces
from sources.reading import Reading
from sources.rows import printable
from sources.synthetic.draft import Draft
from sources.synthetic.events import change
from sources.synthetic.groups import compare
from sources.synthetic.products import multiply
from sources.synthetic.solutions import final_line, statements

Story = Callable[[Draft, int], tuple[int, str]]
"""Writes a story that takes exactly so many steps; returns what is asked, and the question."""

STORIES: dict[str, Story] = {"compare": compare, "multiply": multiply, "change": change}
"""The families of stories; a problem's `subject` names its family."""


class SyntheticSource(Settings):
    """Word problems of a small closed world; problem i depends on nothing but these settings.

    Short problems are likelier than long ones: the shares of min_steps, ..., max_steps fall
    evenly, from 7 : 1 for 2 to 8 steps.
    A solution is one statement per line and `#### x` as the last line; its steps are its lines.
    """

    kind: Literal["synthetic"] = "synthetic"
    seed: int = 0
    """Picks the problems."""
    count: int = Field(default=100, ge=1)
    """Problems."""
    min_steps: int = Field(default=2, ge=2, le=8)
    """Fewest computations a problem takes; its solution has one line more."""
    max_steps: int = Field(default=8, ge=2, le=8)
    """Most computations a problem takes."""
    max_distractors: int = Field(default=2, ge=0, le=2)
    """Most facts per problem that the answer does not need."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_steps > self.max_steps:
            raise ValueError(
                f"min_steps={self.min_steps} exceeds max_steps={self.max_steps}: "
                f"give min_steps of at most {self.max_steps}"
            )
        return self

    def load(self, reading: Reading | None = None) -> Iterator[Problem | RejectedRow]:
        """Yield the problems in order; the first n are the same for every count >= n.

        One that came before, as few among thousands do, is rejected as a duplicate.
        """
        reading = reading or Reading()
        reading.source, reading.origin = self.kind, f"seed {self.seed}, {self.count} problems"
        places = FirstPlaces()
        for index in range(self.count):
            problem = self.problem(index)
            first = places.first(problem.id, index)
            if first == index:
                reading.took(problem)
                yield problem
                continue
            reading.refused("duplicate")
            yield RejectedRow(
                source=self.kind,
                row=index,
                reason=f"duplicate: same question and gold as problem {first}",
                excerpt=printable(problem.question),
            )

    def problem(self, index: int) -> Problem:
        """Return problem `index`."""
        name = f"{self.seed}/{index}/{self.min_steps}-{self.max_steps}/{self.max_distractors}"
        rng = Random(name)
        counts = range(self.min_steps, self.max_steps + 1)
        (steps,) = rng.choices(counts, weights=range(len(counts), 0, -1))
        subject = rng.choice(tuple(STORIES))
        draft = Draft(rng, self.max_distractors)
        asked, question = STORIES[subject](draft, steps)
        program, text = draft.finish(asked, question)
        lines = [statement.line() for statement in statements(program, rng)]
        answer = str(program.answer)
        return Problem(
            id=problem_id("synthetic", text, answer),
            source="synthetic",
            question=text,
            answer=answer,
            solution="\n".join([*lines, final_line(program.answer)]),
            level=str(steps),
            subject=subject,
            program=program.to_json(),
        )

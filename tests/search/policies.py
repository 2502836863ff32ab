"""Policies that write what a function says, up to a stop string, and a reward model of one rule."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from policies.seam import Policy
from policies.tokens import first_stop
from rollouts import Journal, PromptTemplate, Purse
from rollouts.cutting import Splitter
from rollouts.steps import Newline
from schemas import (
    Completion,
    CompletionRequest,
    Grades,
    Problem,
    Sampling,
)
from search.asking import Asked, Manner, ShardSamples
from search.grading import Grading, ShardGrades
from tests.writers import Writer

TEMPLATE = PromptTemplate(name="t", mode="text", user="{{ question }}", stop=("\n\nQuestion:",))
PROBLEM = Problem(id="p-1", source="s", question="What?", answer="42", solution="#### 42")


class TextPolicy(Writer):
    """Writes the rest of a text behind a prefix; a token per character, its stop string too."""

    identity = "text-1"

    def __init__(
        self,
        write: Callable[[str, int], str],
        *,
        silent: bool = False,
        fail_after: int | None = None,
    ) -> None:
        super().__init__(fail_after=fail_after)
        self._write = write
        self._silent = silent

    def reply(self, request: CompletionRequest, seed: int) -> Completion:
        text, sampling = self._write(request.prefix.text, seed), request.sampling
        found = first_stop(text, sampling.stop)
        text, stop = (text[: found.start], found.text) if found else (text, "")
        cut = len(text) > sampling.max_tokens
        return Completion(
            text=text[: sampling.max_tokens],
            tokens=None,
            finish_reason="length" if cut else "stop",
            seed=seed,
            prompt_tokens=1,
            cached_tokens=0,
            completion_tokens=min(len(text) + len(stop), sampling.max_tokens),
            logprob=-1.0,
            stopped_by=None if self._silent else "" if cut else stop,
        )


class LengthGrader:
    """Grades a step by its length alone; reads a token per character."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def read(self, solutions: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Grades]:
        whole = list(solutions)
        self.batches.append(len(whole))
        for question, steps in whole:
            grades = tuple(1 / (1 + len(step.strip())) for step in steps)
            yield Grades(steps=grades, tokens=len(question) + sum(map(len, steps)))


def manner(
    *, splitter: Splitter | None = None, pause: tuple[str, ...] = ("\n",), max_tokens: int = 100
) -> Manner:
    """How the policy is asked in these tests."""
    return Manner(
        template=TEMPLATE,
        sampling=Sampling(max_tokens=max_tokens),
        splitter=splitter or Newline(),
        pause=pause,
        seed=3,
    )


def asked(
    policy: Policy, journal: Journal, grading: Grading | None = None, how: Manner | None = None
) -> Asked:
    """A search's view of the problem."""
    samples = ShardSamples(policy=policy, journal=journal, purse=Purse(), manner=how or manner())
    return Asked(PROBLEM, samples, ShardGrades(grading or Grading(LengthGrader(), "g"), journal))


def journal(folder: Path) -> Journal:
    """A journal."""
    return Journal(folder / "a.journal")

"""Problems whose gold answer is suspect: whole solutions agree with each other, and not with it.

rStar-Math (2501.04519) looked at 20 problems that its policy never solved: 19 had a wrong gold
answer. A wrong gold inverts the labels of a problem.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import pyarrow.compute as pc
from pydantic import Field, ValidationError

from exporters.filters.seam import Candidate, Filter, Scope, Sieve
from rollouts.voting import answer_classes
from schemas import DECIDED, ROOT, Outcome, Problem
from schemas.arrow import read_table
from schemas.conversion import problems_from
from schemas.run_folder import RunFolder
from verification import VerificationSettings
from verification.cascade import Cascade

_ROLLOUTS = ("problem_id", "prefix_key", "outcome", "extracted")
_SOLUTIONS = ("problem_id", "given_id", "outcome", "steps")
_MOST_ANSWERS = 16
"""Distinct wrong answers of a problem that are held against each other."""
_Answer = tuple[str, str | None]
"""A verdict, and the answer where one was stated."""
FILE = "suspects.jsonl"


class SuspectGolds(Filter):
    """Takes out problems whose whole solutions agree on an answer that the gold says is wrong.

    Equal answers are those the verifier finds equal. Given solutions count, too. All suspects of
    the run, also those that make no row, are listed in `suspects.jsonl` beside the export.
    """

    beside: ClassVar[tuple[str, ...]] = (FILE,)

    kind: Literal["suspect_golds"] = "suspect_golds"

    agreement: float = Field(default=0.5, gt=0, le=1)
    """Share of the most frequent wrong answer among the decided solutions, at least."""
    gold_at_most: float = Field(default=0.0, ge=0, lt=1)
    """Share of the gold answer among them, at most."""
    solutions: int = Field(default=4, ge=2)
    """Decided solutions, at least: fewer say nothing."""

    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work."""
        return _SuspectGolds(self, scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A problem whose gold is suspect, with the answer that solutions agree on."""

    problem_id: str
    answer: str
    """As the first solution that has it writes it."""
    agree: int
    """Solutions with that answer."""
    gold: int
    """Solutions with the gold answer."""
    decided: int
    """Solutions whose answer is correct or incorrect, or that state none."""


def suspects_of(run: RunFolder, shards: Sequence[str], settings: SuspectGolds) -> Iterator[Suspect]:
    """Yield the suspects of a run, in its order, reading a shard at a time."""
    with closing(verification_of(run).cascade()) as cascade:
        for shard in shards:
            for problem_id, answers in _answers(run, shard, cascade).items():
                suspect = _suspect(problem_id, answers, settings, cascade)
                if suspect is not None:
                    yield suspect


def verification_of(run: RunFolder) -> VerificationSettings:
    """Return how a run read and judged answers; the defaults where it does not say."""
    config = run.record().get("config")
    said = config.get("verification") if isinstance(config, dict) else None
    try:
        return VerificationSettings.model_validate(said or {})
    except ValidationError:  # of another version
        return VerificationSettings()


def _answers(run: RunFolder, shard: str, cascade: Cascade) -> dict[str, list[_Answer]]:
    """Return the verdict and the answer of each problem's whole solutions, sampled and given."""
    found: dict[str, list[_Answer]] = {}
    table = read_table(run.file("rollouts", shard), "rollouts", _ROLLOUTS)
    for row in table.filter(pc.equal(table["prefix_key"], ROOT.key)).to_pylist():
        found.setdefault(row["problem_id"], []).append((row["outcome"], row["extracted"]))
    table = read_table(run.file("solutions", shard), "solutions", _SOLUTIONS)
    for row in table.filter(pc.is_valid(table["given_id"])).to_pylist():
        wrong = row["outcome"] == Outcome.INCORRECT
        answer = cascade.extract("".join(row["steps"]), finished=True).answer if wrong else None
        found.setdefault(row["problem_id"], []).append((row["outcome"], answer))
    return found


def _suspect(
    problem_id: str, answers: Sequence[_Answer], settings: SuspectGolds, cascade: Cascade
) -> Suspect | None:
    counts = Counter(outcome for outcome, _ in answers)
    gold = counts[Outcome.CORRECT]
    decided = sum(counts[one] for one in DECIDED)
    if decided < settings.solutions or gold > settings.gold_at_most * decided:
        return None
    wrong = [answer for outcome, answer in answers if outcome == Outcome.INCORRECT and answer]
    if not wrong or len(wrong) < settings.agreement * decided:
        return None
    first = answer_classes(wrong, cascade, most=_MOST_ANSWERS)[0]
    if first.count < settings.agreement * decided:
        return None
    return Suspect(
        problem_id=problem_id, answer=first.answer, agree=first.count, gold=gold, decided=decided
    )


class _SuspectGolds(Sieve):
    def __init__(self, settings: SuspectGolds, scope: Scope) -> None:
        self._scope = scope
        found = suspects_of(scope.run, scope.shards, settings)
        self._suspects = {suspect.problem_id: suspect for suspect in found}

    def reason(self, candidate: Candidate) -> str | None:
        if candidate.problem.id in self._suspects:
            return "its solutions agree on another answer than the gold"
        return None

    def leave(self, folder: Path) -> None:
        with (folder / FILE).open("w", encoding="utf-8") as file:
            for problem, suspect in described(self._scope.run, self._scope.shards, self._suspects):
                file.write(json.dumps(told(problem, suspect), ensure_ascii=False) + "\n")


def described(
    run: RunFolder, shards: Sequence[str], suspects: Mapping[str, Suspect]
) -> Iterator[tuple[Problem, Suspect]]:
    """Yield the suspects among a run's problems with what these ask, in its order."""
    for shard in shards:
        for row in problems_from(read_table(run.file("problems", shard), "problems")):
            if row.problem.id in suspects:
                yield row.problem, suspects[row.problem.id]


def told(problem: Problem, suspect: Suspect) -> dict[str, object]:
    """Return a suspect as a line of JSON has it."""
    return {
        "problem_id": problem.id,
        "question": problem.question,
        "gold": problem.answer,
        "answer": suspect.answer,
        "agree": suspect.agree,
        "gold_solutions": suspect.gold,
        "decided": suspect.decided,
    }

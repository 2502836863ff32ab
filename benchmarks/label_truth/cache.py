"""A policy's judged rollouts in one small file, so that a world can be analysed without it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import made
from rollouts.cutting import prefixes
from rollouts.seam import Rollouts
from rollouts.steps import Newline
from schemas import (
    Continuation,
    Outcome,
    Prefix,
    Problem,
    Rollout,
    RunError,
    Score,
)

_ABOUT = b"stepmint_label_truth"
_SCHEMA = pa.schema(
    [
        ("problem_id", pa.dictionary(pa.int32(), pa.string())),
        ("prefix_key", pa.string()),
        ("sample_index", pa.int16()),
        ("text", pa.string()),
        ("outcome", pa.dictionary(pa.int8(), pa.string())),
        ("prompt_tokens", pa.int16()),
        ("completion_tokens", pa.int16()),
        ("extracted", pa.dictionary(pa.int16(), pa.string())),
        # Of scores alone, whose text stands behind the prefix and whose sample index is -1:
        ("logprobs", pa.list_(pa.float32())),
        ("best", pa.list_(pa.float32())),
        ("ends", pa.list_(pa.int16())),
    ]
)
_SCORE = -1
_DIGITS = 3
"""Decimals of log-probabilities kept."""


Place = tuple[str, int | str]


@dataclass(frozen=True, slots=True)
class Cache:
    """The rollouts of a world's problems, and what they were sampled with."""

    about: Mapping[str, Any]
    """The world's settings as JSON values, and the policy's identity."""
    rows: Mapping[str, Mapping[Place, Mapping[str, Any]]] = field(repr=False)
    """Problem to (prefix key, sample index) of a rollout, or (prefix key, text) of a score, to
    row."""

    def rollouts(self, problem: Problem) -> "CachedRollouts":
        """Return the rollouts of one problem."""
        return CachedRollouts(problem, self.rows.get(problem.id, {}))


class CachedRollouts(Rollouts):
    """The seam `Rollouts` over a cache; asking for what it lacks is a RunError."""

    cannot_score = ""

    def __init__(self, problem: Problem, rows: Mapping[Place, Mapping[str, Any]]) -> None:
        self._problem = problem
        self._rows = rows

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        """Return the rollouts start, ..., start + count - 1 of a prefix."""
        key = prefix.key
        return tuple(self._rollout(prefix, key, index) for index in range(start, start + count))

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        """Return the scores of texts behind a prefix."""
        return tuple(self._score(prefix.key, one.text) for one in continuations)

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        """Return one prefix per line."""
        return prefixes(solution, Newline())

    def _score(self, key: str, text: str) -> Score:
        row = self._rows.get((key, text))
        if row is None:
            raise RunError(
                f"{text!r} behind prefix {key} of {self._problem.id} was never scored: "
                "run the same command with --sample"
            )
        return Score(
            logprobs=tuple(row["logprobs"]),
            best=tuple(row["best"]),
            ends=tuple(row["ends"]),
            prompt_tokens=row["prompt_tokens"],
            cached_tokens=0,
        )

    def _rollout(self, prefix: Prefix, key: str, index: int) -> Rollout:
        row = self._rows.get((key, index))
        if row is None:
            raise RunError(
                f"rollout {index} of prefix {key} of {self._problem.id} was never sampled: "
                "run the same command with --sample"
            )
        return made.rollout(
            row["text"],
            Outcome(row["outcome"]),
            problem_id=self._problem.id,
            prefix=prefix,
            index=index,
            extracted=row["extracted"],
            prompt_tokens=row["prompt_tokens"],
            completion_tokens=row["completion_tokens"],
        )


class Recorder(Rollouts):
    """The seam `Rollouts` over another one, that remembers the scores it gave."""

    def __init__(self, rollouts: Rollouts) -> None:
        self._rollouts = rollouts
        self.scores: dict[Place, Score] = {}
        """By prefix key and text."""

    @property
    def cannot_score(self) -> str:
        """What the rollouts behind it say."""
        return self._rollouts.cannot_score

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        """Return the rollouts start, ..., start + count - 1 of a prefix."""
        return await self._rollouts.sample(prefix, start=start, count=count)

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        """Return the scores of texts behind a prefix."""
        scores = await self._rollouts.score(prefix, continuations)
        told = ((prefix.key, one.text) for one in continuations)
        self.scores.update(zip(told, scores, strict=True))
        return scores

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        """Return the prefixes of a solution."""
        return self._rollouts.prefixes(solution)


Scored = Mapping[str, Mapping[Place, Score]]
"""Problem to (prefix key, text) to score."""


def save(
    path: Path, about: Mapping[str, Any], rollouts: Iterable[Rollout], scores: Scored | None = None
) -> None:
    """Write rollouts and scores in one small file.

    What it held of the same world and policy stays in it.
    """
    rows = {(row["problem_id"], *place): row for row, place in _known(path, about)}
    for problem_id, some in (scores or {}).items():
        for place, score in some.items():
            rows[(problem_id, *place)] = _score_row(problem_id, place, score)
    for one in rollouts:
        rows[one.problem_id, one.prefix.key, one.sample_index] = {
            "problem_id": one.problem_id,
            "prefix_key": one.prefix.key,
            "sample_index": one.sample_index,
            "text": one.completion.text,
            "outcome": one.verdict.outcome.value,
            "prompt_tokens": one.completion.prompt_tokens,
            "completion_tokens": one.completion.completion_tokens,
            "extracted": one.verdict.extracted,
        }
    schema = _SCHEMA.with_metadata({_ABOUT: json.dumps(about).encode()})
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    table = pa.Table.from_pylist([rows[place] for place in sorted(rows, key=_order)], schema=schema)
    pq.write_table(table, partial, compression="zstd", compression_level=19)
    partial.replace(path)


def _score_row(problem_id: str, place: Place, score: Score) -> dict[str, Any]:
    key, text = place
    return {
        "problem_id": problem_id,
        "prefix_key": key,
        "sample_index": _SCORE,
        "text": text,
        "prompt_tokens": score.prompt_tokens,
        "completion_tokens": len(score.logprobs),
        "logprobs": [round(one, _DIGITS) for one in score.logprobs],
        "best": [round(one, _DIGITS) for one in score.best],
        "ends": score.ends,
    }


def _order(place: tuple[str, str, int | str]) -> tuple[str, str, bool, str, int]:
    problem_id, key, which = place
    text = which if isinstance(which, str) else ""
    return problem_id, key, bool(text), text, 0 if isinstance(which, str) else which


def _known(path: Path, about: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Place]]:
    """Yield the rows of a file that is about the same, with their places."""
    if path.exists():
        known = load(path)
        if known.about == about:
            for rows in known.rows.values():
                yield from ((row, place) for place, row in rows.items())


def load(path: Path) -> Cache:
    """Read a cache. Raises RunError where there is none."""
    try:
        table = pq.read_table(path)
        about = json.loads(table.schema.metadata[_ABOUT])
    except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{path} holds no cached rollouts ({error}): sample them with --sample"
        ) from error
    rows: dict[str, dict[Place, Mapping[str, Any]]] = {}
    for row in table.to_pylist():
        known = rows.setdefault(row["problem_id"], {})
        which = row["text"] if row["sample_index"] == _SCORE else row["sample_index"]
        known[row["prefix_key"], which] = row
    return Cache(about, rows)

"""What is compared: sets of labels that cost equally many tokens of the demo policy."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from schemas.run_folder import RunFolder

TRAIN = 5_000_000
"""Seed of the problems that are learnt from; neither the policy's training nor a test uses it."""
HELD_OUT = 3_000_000
"""Seed of the problems that models are measured on: those of `benchmarks/label_truth`."""
SOLUTIONS = 8
"""Solutions labelled per problem, for each labeler."""
PROBED = 0.2
"""Share of the tokens after which the posterior labeler's model is fitted to what it saw."""
CHOSEN = 16
"""Solutions per held-out problem, among which models choose."""

_MORE = 1.15
"""What is labelled beyond the tokens, since a budget's end leaves problems half done."""
_WRITTEN = "completion_tokens"

_Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSet:
    """One way to spend the tokens, and how its labels are read."""

    name: str
    labeler: _Settings
    view: str | None = None
    """None: what the labeler itself concludes."""
    of: str = ""
    """The set whose run this one reads too; empty: one of its own."""
    truth: bool = False
    """Whether the labels are the oracle's: what perfect ones would be worth."""

    @property
    def run(self) -> str:
        """The run's name."""
        return self.of or self.name


def _counting(**settings: Any) -> _Settings:
    return {"num_solutions": SOLUTIONS, **settings}


_SHEPHERD = _counting(kind="math_shepherd", num_rollouts=8)
_POSTERIOR = _counting(kind="posterior", right_answers="read", read=["refuted", "echo", "regret"])

SETS: Sequence[LabelSet] = (
    LabelSet(name="outcome", labeler=_counting(kind="outcome")),
    LabelSet(name="math_shepherd", labeler=_SHEPHERD),
    LabelSet(name="math_shepherd-soft", labeler=_SHEPHERD, view="soft", of="math_shepherd"),
    LabelSet(
        name="first_success",
        labeler={**_SHEPHERD, "stop": "first_success", "after_error": "skip"},
    ),
    LabelSet(name="double_search", labeler=_counting(kind="double_search", num_rollouts=4)),
    LabelSet(name="omega_prm", labeler={"kind": "omega_prm", "search_limit": 10}),
    LabelSet(name="posterior", labeler=_POSTERIOR),
    LabelSet(name="posterior-graded", labeler=_POSTERIOR, view="posterior", of="posterior"),
    LabelSet(name="truth", labeler=_POSTERIOR, of="posterior", truth=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """The folder of all runs and models, and what every run shares."""

    folder: Path
    policy: _Settings
    tokens: int
    held_out: int
    """Problems that models are measured on."""
    base: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        shared = {
            "output": str(self.folder / "runs"),
            "seed": 0,
            "prompt": "synthetic",
            "sampling": {"temperature": 1.0, "max_tokens": 320},
            "splitter": {"kind": "newline"},
            "verification": {"answer_format": "hash"},
            "policy": dict(self.policy),
            "shards": {"size": 4},  # few problems are half done when the tokens are spent
        }
        object.__setattr__(self, "base", shared)

    def labelled(self, one: LabelSet) -> Sequence[RunFolder]:
        """Label until somewhat more than the tokens are spent; return the runs, the labels' last.

        The posterior labeler first sees some problems, to which its model is fitted.
        """
        tokens = int(self.tokens * _MORE)
        if one.labeler["kind"] != "posterior":
            return [self._label(one.run, one.labeler, tokens)]
        probe = self._label(f"{one.run}-probe", one.labeler, int(self.tokens * PROBED))
        model = self.folder / "model.yaml"
        _stepmint("calibrate", str(probe.path), "--output", str(model))
        labeler = {**one.labeler, "model": yaml.safe_load(model.read_text())}
        return [probe, self._label(one.run, labeler, tokens, reuse=[str(probe.path)])]

    def measured(self) -> RunFolder:
        """Label nothing: sample the solutions of the held-out problems."""
        source = {"kind": "synthetic", "seed": HELD_OUT, "count": self.held_out}
        labeler = {"kind": "outcome", "num_solutions": CHOSEN}
        return self._run("held-out", {"source": source, "labeler": labeler})

    def _label(
        self, name: str, labeler: _Settings, tokens: int, reuse: Sequence[str] = ()
    ) -> RunFolder:
        source = {"kind": "synthetic", "seed": TRAIN, "count": 20_000}
        budget = {"tokens": tokens}
        own = {"source": source, "labeler": dict(labeler), "budget": budget, "reuse": list(reuse)}
        return self._run(name, own)

    def _run(self, name: str, own: _Settings) -> RunFolder:
        run = RunFolder(self.folder / "runs" / name)
        config = self.folder / f"{name}.yaml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(yaml.safe_dump({**self.base, **own, "name": name}))
        done = self.folder / f"{name}.done"
        if not done.exists():
            _stepmint("label", str(config))
            done.touch()
        return run


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """What the tokens paid for."""

    problems: Sequence[str]
    """Those of the labels' run, in order, that all tokens together pay for whole."""
    tokens: int
    """Written, or read for scores, for these."""


def bought(runs: Sequence[RunFolder], tokens: int) -> Bought:
    """Return the problems, in their order, that so many tokens pay for.

    A rollout of several runs is paid for once. Tokens read for scores are shared out evenly among
    the problems of their run, since tables do not say whose they were.
    """
    paid: dict[tuple[str, str, int], int] = {}
    scored: dict[str, float] = {}
    for run in runs:
        ids = [row.problem.id for row in run.problems()]
        read = int(_costs(run).get("scored_tokens", 0)) / len(ids)
        for id in ids:
            scored[id] = scored.get(id, 0) + read
        for table in run.tables("rollouts", "problem_id", "prefix_key", "sample_index", _WRITTEN):
            for row in table.to_pylist():
                paid[row["problem_id"], row["prefix_key"], row["sample_index"]] = row[_WRITTEN]
    costs = defaultdict[str, float](float, scored)
    for (id, _, _), written in paid.items():
        costs[id] += written
    kept, total = [], 0.0
    for row in runs[-1].problems():
        total += costs[row.problem.id]
        if total > tokens:
            break
        kept.append(row.problem.id)
    return Bought(problems=kept, tokens=round(sum(costs[id] for id in kept)))


def _costs(run: RunFolder) -> Mapping[str, Any]:
    found: Any = run.record()["costs"]
    return dict(found)


def _stepmint(*arguments: str) -> None:
    """Run the command as a user does, quietly; raise where it fails."""
    program = [sys.executable, "-c", "from flows.cli import main; main()", *arguments]
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL)

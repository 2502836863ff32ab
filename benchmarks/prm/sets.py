"""What is compared: sets of labels that cost equally many tokens of the demo policy."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from schemas.run_folder import RunFolder
from sources.synthetic import SyntheticSource

TRAIN = 5_000_000
"""Seed of the problems that are learnt from; neither the policy's training nor a test uses it."""
COUNT = 20_000
"""Of these, the ones there are to choose from."""
HELD_OUT = 3_000_000
"""Seed of the problems that models are measured on: those of `benchmarks/label_truth`."""
SOLUTIONS = 8
"""Solutions labelled per problem, for each labeler."""
PROBED = 40
"""Problems to whose rollouts the posterior labeler's model is fitted first."""
CHOSEN = 16
"""Solutions per held-out problem, among which models choose."""

_MORE = (1.15, 1.5, 2.0, 3.0, 4.0)
"""Budgets tried in turn, as shares of the tokens, until problems without a gap cost all of these:
a budget's end leaves problems half done, the hard ones above all."""
_WRITTEN = "completion_tokens"

_Settings = Mapping[str, Any]
_TRAINED: _Settings = {"kind": "synthetic", "seed": TRAIN, "count": COUNT}


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

    @property
    def is_fitted(self) -> bool:
        """Whether the labeler's model is fitted to the policy first."""
        return bool(self.labeler["kind"] == "posterior")


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

    def labelled(self, one: LabelSet) -> tuple[RunFolder, "Bought"]:
        """Label until all tokens are spent on whole problems; return the run, and these."""
        if not one.is_fitted:
            return self._until_spent(one.run, {"labeler": one.labeler})
        probe = self.probe(one)
        model = self.folder / "model.yaml"
        _stepmint("calibrate", str(probe.path), "--output", str(model))
        labeler = {**one.labeler, "model": yaml.safe_load(model.read_text())}
        own = {"labeler": labeler, "reuse": [str(probe.path)]}
        return self._until_spent(one.run, own, probe)

    def probe(self, one: LabelSet) -> RunFolder:
        """Label the problems to whose rollouts the posterior labeler's model is fitted."""
        asked = {"source": _TRAINED, "labeler": one.labeler, "limit": PROBED}
        return self._run(f"{one.run}-probe", asked)

    def measured(self) -> RunFolder:
        """Label nothing: sample the solutions of the held-out problems."""
        source = {"kind": "synthetic", "seed": HELD_OUT, "count": self.held_out}
        labeler = {"kind": "outcome", "num_solutions": CHOSEN}
        return self._run("held-out", {"source": source, "labeler": labeler})

    def _until_spent(
        self, name: str, own: _Settings, probe: RunFolder | None = None
    ) -> tuple[RunFolder, "Bought"]:
        for share in _MORE:
            budget = {"tokens": int(self.tokens * share)}
            run = self._run(name, {"source": _TRAINED, **own, "budget": budget}, again=str(share))
            paid = bought(run, self.tokens, probe)
            if paid.all_spent:
                return run, paid
        raise SystemExit(f"{name}: {budget['tokens']:,} tokens are not enough to spend them whole")

    def _run(self, name: str, own: _Settings, *, again: str = "") -> RunFolder:
        run = RunFolder(self.folder / "runs" / name)
        config = self.folder / f"{name}.yaml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(yaml.safe_dump({**self.base, **own, "name": name}))
        done = self.folder / f"{name}{again}.done"
        if not done.exists():
            _stepmint("label", str(config))
            done.touch()
        return run


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """What the tokens paid for."""

    problems: Sequence[str]
    """The source's first ones, without a gap, that all tokens together pay for whole."""
    tokens: int
    """Written, or read for scores, for these, a probe's with them."""
    all_spent: bool
    """Whether the next one would cost too much; else the run holds no more without a gap."""


def bought(run: RunFolder, tokens: int, probe: RunFolder | None = None) -> Bought:
    """Return the source's problems, in its order, that so many tokens pay for.

    A probe is paid for first, whole; what the run took of its rollouts costs nothing more. Tokens
    read for scores are shared out evenly among the run's problems, since tables do not say whose
    they were.
    """
    ids = [row.problem.id for row in run.problems()]
    costs = dict.fromkeys(ids, scored(run) / len(ids))
    paid = {row["seed"] for row in _rollouts(probe)} if probe else set()
    for row in _rollouts(run):
        if row["seed"] not in paid:
            costs[row["problem_id"]] += row[_WRITTEN]
    kept: list[str] = []
    total = float(written(probe) + scored(probe)) if probe else 0.0
    for id in _in_order():
        if id not in costs:
            return Bought(problems=kept, tokens=round(total), all_spent=False)
        if total + costs[id] > tokens:
            return Bought(problems=kept, tokens=round(total), all_spent=True)
        kept.append(id)
        total += costs[id]
    raise AssertionError("the source has more problems than any budget here pays for")


def _rollouts(run: RunFolder) -> Iterator[dict[str, Any]]:
    """Yield whose each rollout is, its seed, which no other has, and its tokens."""
    for table in run.tables("rollouts", "problem_id", "seed", _WRITTEN):
        yield from table.to_pylist()


def _in_order() -> Iterator[str]:
    """Yield the ids of the problems that are learnt from, each once."""
    source = SyntheticSource(seed=TRAIN, count=COUNT)
    seen: set[str] = set()
    for number in range(COUNT):
        id = source.problem(number).id
        if id not in seen:
            seen.add(id)
            yield id


def scored(run: RunFolder) -> int:
    """Return the tokens that a run had the policy read for scores."""
    costs: Any = run.record()["costs"]
    return int(costs.get("scored_tokens", 0))


def written(run: RunFolder) -> int:
    """Return the tokens of a run's rollouts."""
    costs: Any = run.record()["costs"]
    return int(costs[_WRITTEN])


def _stepmint(*arguments: str) -> None:
    """Run the command as a user does, quietly; raise where it fails."""
    program = [sys.executable, "-c", "from flows.cli import main; main()", *arguments]
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL)

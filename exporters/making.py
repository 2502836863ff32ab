"""From the shards of a run to rows: what solutions bring, what filters leave, what formats make."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import pyarrow as pa

from exporters.filters import Candidate, Scope, Sifting
from exporters.records import Refused, Sampled, Settled, Taken, TrainingRow
from exporters.seam import Exporter
from exporters.splits import Split, split_of
from schemas import Node, Outcome
from schemas.arrow import huggingface_metadata, read_table
from schemas.conversion import nodes_from, solutions_from
from schemas.critique_folder import CritiqueFolder
from schemas.rows import SolutionRow
from schemas.run_folder import RunFolder

_SAMPLED = ("problem_id", "prefix_steps", "text", "outcome")


@dataclass(slots=True)
class Tally:
    """What an export has come to so far."""

    rows: Counter[Split] = field(default_factory=Counter)
    labels: Counter[bool] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    shortened: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """One export of a run at work: shard by shard, problem by problem."""

    scope: Scope
    exporter: Exporter
    settled: Settled
    sifting: Sifting
    critiques: CritiqueFolder | None
    """What rows are made of beside solutions, in formats of critiques."""

    @property
    def schema(self) -> pa.Schema:
        """The format's columns behind those that name what a row is of."""
        schema = pa.schema([*self.exporter.key_columns, *self.exporter.columns])
        return schema.with_metadata(huggingface_metadata(schema))

    def candidates(self) -> Iterator[Candidate]:
        """Yield what would make a row and is not taken out by now."""
        places, unheard = count(), Tally()
        for shard in self.scope.shards:
            for candidate, _ in self._found(shard, self._settled(shard), places, unheard):
                yield candidate

    def shard_rows(
        self, shard: str, places: Iterator[int], tally: Tally
    ) -> dict[Split, list[TrainingRow]]:
        """Return the rows of the problems of a shard, by split."""
        kept: dict[str, list[Taken]] = {}
        nodes, settled = self._nodes(shard), self._settled(shard)
        for candidate, taken in self._found(shard, settled, places, tally):
            if self.sifting.keeps(candidate):
                kept.setdefault(candidate.problem.id, []).append(taken)
        settled = replace(settled, rollouts=self._rollouts(shard))
        rows: dict[Split, list[TrainingRow]] = {}
        for problem_id, brought in kept.items():
            split = split_of(problem_id, self.exporter.validation_ratio)
            made = self._made(brought, nodes.get(problem_id, ()), settled, tally)
            rows.setdefault(split, []).extend(made)
        tally.rows.update({split: len(some) for split, some in rows.items()})
        return rows

    def _found(
        self, shard: str, settled: Settled, places: Iterator[int], tally: Tally
    ) -> Iterator[tuple[Candidate, Taken]]:
        """Yield the solutions of a shard that bring something and are not taken out by now."""
        for row, place in zip(_distinct(self.scope.run, shard, tally), places, strict=False):
            if self.sifting.is_out(place):
                continue
            taken = self.exporter.taken(row.problem, row.solution, settled)
            if isinstance(taken, Refused):
                tally.refused[taken.reason] += 1
                continue
            yield Candidate(place=place, shard=shard, labelled=taken.steps), taken

    def _settled(self, shard: str) -> Settled:
        """Return what is settled for a shard, with the critiques of its solutions."""
        if self.critiques is None:
            return self.settled
        return replace(self.settled, critiques=self.critiques.by_solution(shard))

    def _nodes(self, shard: str) -> dict[str, list[Node]]:
        """Return the sampled prefixes of each problem, where the format reads them."""
        nodes: dict[str, list[Node]] = {}
        if self.exporter.reads_nodes:
            for row in nodes_from(read_table(self.scope.run.file("nodes", shard), "nodes")):
                nodes.setdefault(row.problem_id, []).append(row.node)
        return nodes

    def _rollouts(self, shard: str) -> dict[str, list[Sampled]]:
        """Return the rollouts of each problem, where the format reads them."""
        found: dict[str, list[Sampled]] = {}
        if self.exporter.reads_rollouts:
            table = read_table(self.scope.run.file("rollouts", shard), "rollouts", _SAMPLED)
            for row in table.to_pylist():
                steps = tuple(row["prefix_steps"])
                one = Sampled(
                    prefix_steps=steps,
                    text="".join(steps) + row["text"],
                    outcome=Outcome(row["outcome"]),
                )
                found.setdefault(row["problem_id"], []).append(one)
        return found

    def _made(
        self, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled, tally: Tally
    ) -> Iterator[TrainingRow]:
        """Yield the rows of one problem; counts them, and what is refused."""
        problem = taken[0].steps.problem
        for made in self.exporter.rows(problem, taken, nodes, settled):
            if isinstance(made, Refused):
                tally.refused[made.reason] += 1
                continue
            tally.labels.update(label >= 0.5 for label in made.labels)
            tally.shortened += made.shortened
            yield {"problem_id": problem.id, **made.row}


def _distinct(run: RunFolder, shard: str, tally: Tally) -> Iterator[SolutionRow]:
    """Yield the solutions of a shard, each text once per problem."""
    seen: set[tuple[str, str]] = set()
    for solution in solutions_from(read_table(run.file("solutions", shard), "solutions")):
        key = (solution.problem.id, "".join(solution.solution.steps))
        if key in seen:
            tally.refused["equal to another solution of the problem"] += 1
        else:
            seen.add(key)
            yield solution

"""What a set of critiques came to: what could be read, what it cost, how it agrees with labels."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from schemas import Critique, Placed
from schemas.arrow import read_table
from schemas.conversion import solutions_from
from schemas.critique_folder import CritiqueFolder
from schemas.run_folder import RunFolder
from schemas.views import AnyView, first_wrong, own_view
from tasks.critique_set import marker


@dataclass(slots=True)
class CritiqueCounts:
    """Counted from a set's committed tables, beside the run's own labels."""

    solutions: int = 0
    """Solutions with a critique."""
    critiques: int = 0
    read: int = 0
    """Of these, those that say where the first error is."""
    with_verdicts: int = 0
    """Of these, those with a verdict on each step up to there."""
    unread: Counter[str] = field(default_factory=Counter)
    """Those that cannot be read, by reason."""
    sampled: int = 0
    """Completions paid for: equal solutions of a problem share theirs."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    with_error: Counter[Placed] = field(default_factory=Counter)
    """Read critiques of solutions whose label locates a first error, by where they put it."""
    without_error: Counter[Placed] = field(default_factory=Counter)
    """Read critiques of solutions without an error: `same` finds none, `earlier` finds one."""
    unlabelled: int = 0
    """Read critiques of solutions whose first error no label tells."""
    judged: int = 0
    """Solutions with a label and a critique that can be read."""
    agreed: int = 0
    """Of these, those where more than half of the critiques that can be read agree."""

    def as_json(self) -> dict[str, Any]:
        """Return what `critiques.json` says of it."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        tokens = ("sampled", "prompt_tokens", "cached_tokens", "completion_tokens")
        agreement = ("with_error", "without_error", "unlabelled", "judged", "agreed")
        return {
            "counts": {k: v for k, v in values.items() if k not in (*tokens, *agreement)},
            "costs": {name: values[name] for name in tokens},
            "agreement": {name: values[name] for name in agreement},
        }

    def add(self, ours: int | None, critiques: Iterable[Critique]) -> None:
        """Count the critiques of a solution whose first error the label puts there."""
        placed = Counter[Placed]()
        for one in critiques:
            self.critiques += 1
            theirs = one.judgement.first_error
            if theirs is None:
                self.unread[one.judgement.unread] += 1
                continue
            self.read += 1
            self.with_verdicts += bool(one.judgement.verdicts)
            if ours is None:
                self.unlabelled += 1
            else:
                placed[Placed.of(theirs, ours)] += 1
        self.solutions += 1
        if placed:
            (self.without_error if ours == -1 else self.with_error).update(placed)
            self.judged += 1
            self.agreed += 2 * placed[Placed.SAME] > placed.total()

    def pay(self, critiques: Iterable[Critique]) -> None:
        """Count what the critiques of a shard cost, each completion once."""
        for completion in {one.key: one.completion for one in critiques}.values():
            self.sampled += 1
            self.prompt_tokens += completion.prompt_tokens
            self.cached_tokens += completion.cached_tokens
            self.completion_tokens += completion.completion_tokens


def counted(run: RunFolder, made: CritiqueFolder) -> CritiqueCounts:
    """Count a set's committed critiques, shard by shard, beside what the run itself concludes."""
    counts, view = CritiqueCounts(), own_view(run.concludes)
    for shard in run.shards:
        if marker(made, shard):
            _add_shard(counts, run, made, shard, view)
    return counts


def _add_shard(
    counts: CritiqueCounts, run: RunFolder, made: CritiqueFolder, shard: str, view: AnyView
) -> None:
    critiques = made.by_solution(shard)
    for row in solutions_from(read_table(run.file("solutions", shard), "solutions")):
        of_it = critiques.get((row.problem.id, row.solution.solution_index))
        if of_it:
            counts.add(first_wrong(view.labels(row.solution)), of_it)
    counts.pay(one for of_one in critiques.values() for one in of_one)

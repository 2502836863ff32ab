"""What became of a source that was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_NAMES = 30
_NAME_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """What a source was read as, and what of it was left out; of the rows read so far."""

    source: str = ""
    """Its name, or its kind; empty where nothing is known of it."""
    origin: str = ""
    """Where its rows come from, for a person, e.g. `train.jsonl.gz (jsonl)`."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns that were read, by role: context, question, options, gold, solution, ..."""
    gold_in_solution: bool = False
    """The gold is what the `####` or box of its column says: no column holds it alone."""
    unused: tuple[str, ...] = ()
    """Columns that were not read."""
    rows: int = 0
    """Rows read, and faults where one should have been."""
    problems: int = 0
    multiple_choice: int = 0
    """Those of the problems that have options."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Rows that are no problems, by the kind of reason, commonest first."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """What of the problems' own columns was not read, with the problems it was left out of,
    e.g. `system turn of prompt`."""

    def lines(self) -> list[str]:
        """Return the record for a person, a line each: origin, columns, counts."""
        if not self.source:
            return []
        gold = " (its #### or box)" if self.gold_in_solution else ""
        read = "; ".join(
            f"{role} from {' + '.join(paths)}{gold if role == 'gold' else ''}"
            for role, paths in self.columns.items()
        )
        choice = f", {self.multiple_choice:,} of them multiple choice"
        told = [
            f"{self.source}: {self.origin}" if self.origin else self.source,
            read,
            f"columns not read: {_shown(self.unused)}" if self.unused else "",
            f"{self.rows:,} rows, {self.problems:,} problems"
            f"{choice if self.multiple_choice else ''}",
            *(f"rejected: {count:,} x {reason}" for reason, count in self.rejected.items()),
            *(f"left out: {what} ({count:,} problems)" for what, count in self.left_out.items()),
        ]
        return [line for line in told if line]


def _shown(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(name[:_NAME_CHARS] for name in names[:_NAMES]) + more

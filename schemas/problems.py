"""A problem, as a rule with a known final answer."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenSolution:
    """A solution to be labelled as it is, whoever wrote it."""

    id: str
    """As its source names it; not always unique."""
    steps: tuple[str, ...]
    """Joined they are its text, to the byte."""
    cut: bool
    """Whether the steps are its own; else there is one, which the run's splitter cuts."""

    @property
    def text(self) -> str:
        """The whole solution."""
        return "".join(self.steps)

    @classmethod
    def from_cells(cls, cells: Mapping[str, Any]) -> "GivenSolution":
        """Return the solution whose fields these are, the steps as a list."""
        return cls(id=cells["id"], steps=tuple(cells["steps"]), cut=cells["cut"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One question with its gold answer; `id` is stable across runs and machines."""

    id: str
    source: str
    question: str
    answer: str
    """The gold final answer alone, e.g. `72` or `\\frac{1}{4}`; never a whole solution. Empty:
    unknown, as of many an imported set; sources reject such rows."""
    options: tuple[str, ...] = ()
    """The texts of a multiple choice in the order of their letters, A first. The question lists
    them already; they are here for who judges: the right one's text is right, too."""
    solution: str | None = None
    """A reference solution, where the dataset has one."""
    level: str | None = None
    subject: str | None = None
    program: str | None = None
    """The exact quantities behind a synthetic problem, as JSON: what its step oracle reads."""
    given: tuple[GivenSolution, ...] = ()
    """Solutions to label instead of sampled ones; empty: the policy writes them."""

    def as_json(self) -> str:
        """Return it as a line of JSON in ASCII."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str | bytes) -> "Problem":
        """Return the problem that `as_json` wrote."""
        values = json.loads(line)
        given = tuple(map(GivenSolution.from_cells, values["given"]))
        return cls(**values | {"given": given, "options": tuple(values["options"])})


def problem_id(source: str, question: str, answer: str) -> str:
    """Return `source-` and 16 hex digits of the content's SHA-256: equal content, equal id."""
    content = "\x1f".join((source, question, answer)).encode()
    return f"{source}-{hashlib.sha256(content).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A dataset row that is no problem, with the reason."""

    source: str
    row: int
    """0-based position in the dataset."""
    reason: str
    excerpt: str
    """The first 200 characters of the row, for a person to recognise it."""

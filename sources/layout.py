"""Which columns hold what: as the user names them, or found by their well-known names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas import Settings, SourceError
from sources.cells import MISSING, lookup

_PROBLEM = (
    "problem", "question", "prompt", "instruction", "input", "query", "problemstatement",
    "problemtext", "questiontext", "text",
)  # fmt: skip
_LEAD_IN = ("body", "context", "passage")
_ANSWER = (
    "finalanswer", "expectedanswer", "goldanswer", "groundtruthanswer", "correctanswer",
    "numericalanswer", "answer", "groundtruth", "gold", "target", "rewardmodel.groundtruth",
    "extrainfo.answer", "answerkey", "correct", "label",
)  # fmt: skip
_SOLUTION = ("solution", "rationale", "explanation", "reasoning", "generatedsolution", "cot")
_ANSWER_SOLUTION = (*_SOLUTION, "response", "completion", "output")
_LEVEL = ("level", "difficulty", "grade")
_SUBJECT = (
    "subject", "type", "problemtype", "subfield", "category", "topic", "datatopic",
    "extrainfo.subject",
)  # fmt: skip
_OPTIONS = ("options", "choices")


class Columns(Settings):
    """Column names or dotted paths (`reward_model.ground_truth`, `prompt.0.content`).

    What is not named is found by its well-known name, upper or lower case, `_` or not.
    """

    problem: str | tuple[str, ...] | None = None
    """The question; several columns are joined by a line break."""
    answer: str | tuple[str, ...] | None = None
    """The gold answer, or text that states it; several columns are joined by a space."""
    solution: str | None = None
    """A worked solution, kept beside the problem."""
    level: str | None = None
    """How hard the problem is, for prompts that say so."""
    subject: str | None = None
    """What field it is of, for prompts that say so."""
    options: str | None = None
    """The options of a multiple-choice question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns a dataset is read by."""

    problem: tuple[str, ...]
    lead_in: str | None
    """A body or context that stands before the question in rows that have one."""
    answer: tuple[str, ...]
    answer_is_solution: bool
    """The gold must be extracted from a whole solution: no column holds it alone."""
    solution: str | None
    level: str | None
    subject: str | None
    options: str | None

    def __str__(self) -> str:
        answer = " + ".join(self.answer) + (" (its #### or box)" if self.answer_is_solution else "")
        others = (
            f"{role} from {path}"
            for role, path in (
                ("solution", self.solution),
                ("level", self.level),
                ("subject", self.subject),
                ("options", self.options),
            )
            if path
        )
        return "; ".join((self.asked, f"gold from {answer}", *others))

    @property
    def asked(self) -> str:
        """Where the question stands, for a person."""
        names = (self.lead_in, *self.problem) if self.lead_in else self.problem
        return f"question from {' + '.join(names)}"


MAX_NAMES = 30
"""Column names that a message lists."""


def find_layout(rows: Sequence[Mapping[str, object]], named: Columns) -> Layout | None:
    """Return the layout of a dataset's first rows, or None where no question or gold is found.

    Raises SourceError when a named solution, level, subject or options column is in no row.
    """
    found = Finder(rows)
    problem = _names(named.problem) or found.first(_PROBLEM)
    plain = _names(named.answer) or found.first(_ANSWER, besides=problem)
    answer = plain or found.first(_ANSWER_SOLUTION, besides=problem)
    if not problem or not answer:
        return None
    return Layout(
        problem=problem,
        lead_in=None if named.problem else found.lead_in(),
        answer=answer,
        answer_is_solution=not plain,
        solution=found.named("solution", named.solution) or found.one(_SOLUTION, problem),
        level=found.named("level", named.level) or found.one(_LEVEL, (*problem, *answer)),
        subject=found.named("subject", named.subject) or found.one(_SUBJECT, (*problem, *answer)),
        options=found.named("options", named.options) or found.one(_OPTIONS, (*problem, *answer)),
    )


class Finder:
    """The columns of some rows, by normalised name, but for those that are null throughout."""

    def __init__(self, rows: Sequence[Mapping[str, object]]) -> None:
        self._rows = rows
        self._by_name: dict[str, str] = {}
        for cells in rows:
            for path in _paths(cells):
                self._by_name.setdefault(_normal(path), path)
        self._names = {_normal(name): name for cells in rows for name in cells}

    def first(self, candidates: Iterable[str], *, besides: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the first of the candidates that is there, alone; empty where none is."""
        path = self.one(candidates, besides)
        return (path,) if path else ()

    def one(self, candidates: Iterable[str], besides: tuple[str, ...]) -> str | None:
        """Return the column of the first of the normalised names that is there."""
        paths = (self._by_name.get(name) for name in candidates)
        return next((path for path in paths if path and path not in besides), None)

    def lead_in(self) -> str | None:
        """Return the column of a body or context, if any.

        It counts though null in these rows: it may matter in later ones.
        """
        return next((self._names[name] for name in _LEAD_IN if name in self._names), None)

    def named(self, role: str, path: str | None) -> str | None:
        """Return the column that the user names; raises SourceError where no row has it."""
        if path is None or any(lookup(cells, path) is not MISSING for cells in self._rows):
            return path
        raise SourceError(
            f"columns.{role}={path!r}: none of the first {len(self._rows)} rows has it; "
            f"columns: {', '.join(column_names(self._rows)) or 'none'}"
        )


def column_names(rows: Iterable[Mapping[str, object]]) -> list[str]:
    """Return the distinct column names of rows in order of appearance, at most MAX_NAMES."""
    names = dict.fromkeys(str(name) for cells in rows for name in cells)
    return list(names)[:MAX_NAMES]


def _paths(cells: Mapping[str, object]) -> Iterable[str]:
    for name, value in cells.items():
        if value is None or value == "":
            continue
        yield name
        if isinstance(value, Mapping):
            yield from (f"{name}.{key}" for key, inner in value.items() if inner is not None)


def _names(named: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (named,) if isinstance(named, str) else tuple(named or ())


def _normal(path: str) -> str:
    return re.sub(r"[^a-z0-9.\u0080-\U0010ffff]", "", path.lower())

"""Which columns hold what: as the user names them, or found by their well-known names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from typing import ClassVar

from schemas import Settings, SourceError
from sources.cells import MISSING, lookup
from sources.turns import are_turns

_PROBLEM = (
    "question.stem", "problem", "question", "originaltext", "prompt", "instruction", "input",
    "query", "problemstatement", "problemtext", "questiontext", "questionstem", "squestion", "text",
    "messages", "conversations", "conversation",
)  # fmt: skip
_CONTEXT = ("body", "context", "passage")
_PART = (
    *_CONTEXT, "table", "tables", "article", "story", "paragraph", "paragraphs", "pretext",
    "posttext", "premise", "scenario",
)  # fmt: skip
"""What a question that has such a column can hardly be understood without."""
_IMAGE = re.compile(
    r"(?:decoded)?(?:image|img|picture|pic|figure|diagram)s?(?:paths?|urls?|files?|names?)?\d*"
)
_ANSWER = (
    "finalanswer", "finalans", "expectedanswer", "goldanswer", "groundtruthanswer",
    "correctanswer", "shortanswer", "numericalanswer", "answernumber", "answer", "groundtruth",
    "gold", "golden", "target", "rewardmodel.groundtruth", "extrainfo.answer", "answerkey",
    "correct", "correctoption", "lsolutions", "ans", "label", "cop",
)  # fmt: skip
_SOLUTION = ("solution", "rationale", "explanation", "reasoning", "generatedsolution", "cot")
_ANSWER_SOLUTION = (*_SOLUTION, "response", "completion", "output")
_LEVEL = ("level", "difficulty", "grade")
_SUBJECT = (
    "subject", "type", "problemtype", "subfield", "category", "topic", "datatopic",
    "extrainfo.subject",
)  # fmt: skip
_OPTIONS = ("options", "choices")
_OPTION_COLUMNS = tuple(
    [f"{word}{letter}" for letter in "abcdefghij"] for word in ("", "option", "choice", "op")
)
"""Names of options in columns of their own: A, B, ... (CMMLU), `option_a`, `opa` (MedMCQA)."""


class Columns(Settings):
    """Column names or dotted paths (`reward_model.ground_truth`, `prompt.0.content`).

    What is not named is found by its well-known name, upper or lower case, `_` or not.
    """

    later: ClassVar[frozenset[str]] = frozenset({"context", "ignore"})

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
    options: str | tuple[str, ...] | None = None
    """The options of a multiple-choice question: one column, or one per option."""
    context: str | tuple[str, ...] | None = None
    """What stands before the question: a body, a passage, a table (one line a row)."""
    ignore: tuple[str, ...] = ()
    """Columns that look like a part of the question (a passage, a table, an image) and are none:
    without this, rows that fill such a column are rejected, or it is put before the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns a dataset is read by."""

    problem: tuple[str, ...]
    context: tuple[str, ...]
    """What stands before the question in rows that have it."""
    answer: tuple[str, ...]
    answer_is_solution: bool
    """The gold must be extracted from a whole solution: no column holds it alone."""
    solution: str | None
    level: str | None
    subject: str | None
    options: tuple[str, ...]
    """One column, or one per option."""
    ignored: tuple[str, ...]
    unused: tuple[str, ...]
    """All other columns there are."""
    needed: tuple[str, ...]
    """Those of them without which the question is not whole: no row that fills one is a problem."""

    @property
    def read(self) -> dict[str, tuple[str, ...]]:
        """The columns that are read, by what they are read as."""
        one = {"solution": self.solution, "level": self.level, "subject": self.subject}
        roles = {
            "context": self.context,
            "question": self.problem,
            "options": self.options,
            "gold": self.answer,
            **{role: (path,) if path else () for role, path in one.items()},
        }
        return {role: paths for role, paths in roles.items() if paths}

    @property
    def told(self) -> dict[str, str]:
        """Where each part of a problem stands, for a person."""
        return {role: f"{role} from {' + '.join(paths)}" for role, paths in self.read.items()}


MOST_NAMES = 200
"""Columns that are told apart: JSON rows with words for keys have no end of them."""
MAX_NAMES = 30
"""Column names that a message lists."""


def find_layout(rows: Sequence[Mapping[str, object]], named: Columns) -> Layout | None:
    """Return the layout of a dataset's first rows, or None where no question or gold is found.

    Raises SourceError when a named column that is no question or gold is in no row.
    """
    found = Finder(rows, ignore=named.ignore)
    problem = names_of(named.problem) or found.first(_PROBLEM)
    plain = names_of(named.answer) or found.first(_ANSWER, besides=problem)
    answer = plain or found.first(_ANSWER_SOLUTION, besides=problem) or found.chat(problem)
    if not problem or not answer:
        return None
    for role, paths in (("options", named.options), ("context", named.context)):
        for path in names_of(paths):
            found.named(role, path)
    layout = Layout(
        problem=problem,
        context=names_of(named.context),
        answer=answer,
        answer_is_solution=not plain,
        solution=found.named("solution", named.solution) or found.one(_SOLUTION, problem),
        level=found.named("level", named.level) or found.one(_LEVEL, (*problem, *answer)),
        subject=found.named("subject", named.subject) or found.one(_SUBJECT, (*problem, *answer)),
        options=names_of(named.options) or found.first(("question.choices",)),
        ignored=named.ignore,
        unused=(),
        needed=(),
    )
    return with_columns(layout, dict.fromkeys(name for cells in rows for name in cells), named)


def with_columns(layout: Layout, names: Iterable[str], named: Columns) -> Layout:
    """Return a layout that knows of all these columns, whether any row has filled them yet.

    Context and options are found among them where they are not named.
    """
    taken = {path.split(".")[0] for paths in layout.read.values() for path in paths}
    taken |= {path for paths in layout.read.values() for path in paths}
    free = {name: _normal(name) for name in names if name not in taken}
    open_ = {normal: name for name, normal in free.items() if name not in named.ignore}
    context, options = layout.context, layout.options
    if named.context is None:
        found = (open_.pop(normal, "") for normal in _CONTEXT)
        context = (*context, *filter(None, found))
    if not options:
        options = _option_columns(open_)
    read = {*context, *options}
    return replace(
        layout,
        context=context,
        options=options,
        unused=tuple(islice((name for name in free if name not in read), MOST_NAMES)),
        needed=tuple(
            name
            for name, normal in free.items()
            if name not in {*read, *named.ignore} and (normal in _PART or is_image(name))
        ),
    )


def is_image(name: str) -> bool:
    """Return whether a column of this name holds images, or says where they are."""
    return _IMAGE.fullmatch(_normal(name)) is not None


def _option_columns(names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns of options among some, by normalised name."""
    whole = next((names[name] for name in _OPTIONS if name in names), None)
    if whole:
        return (whole,)
    for labels in _OPTION_COLUMNS:
        found = tuple(takewhile(bool, (names.get(label, "") for label in labels)))
        if len(found) > 1:
            return found
    return ()


class Finder:
    """The columns of some rows, by normalised name, but for those that are null throughout."""

    def __init__(
        self, rows: Sequence[Mapping[str, object]], *, ignore: tuple[str, ...] = ()
    ) -> None:
        self._rows = rows
        self._by_name: dict[str, str] = {}
        for cells in rows:
            for path in _paths(cells):
                if path not in ignore:
                    self._by_name.setdefault(_normal(path), path)

    def first(self, candidates: Iterable[str], *, besides: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the first of the candidates that is there, alone; empty where none is."""
        path = self.one(candidates, besides)
        return (path,) if path else ()

    def one(self, candidates: Iterable[str], besides: tuple[str, ...]) -> str | None:
        """Return the column of the first of the normalised names that is there."""
        paths = (self._by_name.get(name) for name in candidates)
        return next((path for path in paths if path and path not in besides), None)

    def chat(self, problem: tuple[str, ...]) -> tuple[str, ...]:
        """Return the question's own column where it is a chat: it may hold the solution, too."""
        cells = (lookup(cells, path) for path in problem for cells in self._rows)
        return problem if any(map(are_turns, cells)) else ()

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


def names_of(named: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the columns that a setting names: none, one or several."""
    return (named,) if isinstance(named, str) else tuple(named or ())


def _normal(path: str) -> str:
    return re.sub(r"[^a-z0-9.\u0080-\U0010ffff]", "", path.lower())

"""A row becomes a solution that is to be labelled: its steps or its text, and its id.

What else the row holds is read as in any other: its question and, where it has one, its gold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rollouts.steps import MAX_STEPS
from schemas import GivenSolution
from sources.cells import MISSING, lookup, scalar_text
from sources.layout import Columns, Finder, Layout, column_names, find_layout, names_of
from sources.rows import BadCellError
from sources.turns import are_turns, last_answer

_STEPS = (
    "steps", "solutionsteps", "reasoningsteps", "modeloutputsteps", "hypothesissteps",
    "solution.steps",
)  # fmt: skip
_SOLUTION = (
    "response", "completion", "output", "generation", "prediction", "generatedsolution",
    "modelsolution", "modeloutput", "modelresponse", "modelprediction", "responses", "outputs",
    "generations", "candidates", "samples", "solution", "rationale", "reasoning", "cot", "messages",
    "conversations",
)  # fmt: skip
_ID = ("id", "solutionid", "sampleid", "uniqueid", "uid", "idx", "index")
_NO_GOLD = ("label", "labels")
"""Of a row with a solution these are step labels, whatever they are elsewhere."""
_WORDS = ("text", "content", "step", "value")
"""Keys under which a step's or a turn's text stands in a mapping."""


class GivenColumns(Columns):
    """Column names or dotted paths (`question.problem`) of rows that hold solutions.

    What is not named is found by its well-known name, upper or lower case, `_` or not.
    """

    steps: str | None = None
    """The solution as a list of steps: texts, or mappings with `text`, `content` or `step`."""
    solution: str | None = None
    """The solution as one text, or as chat messages, of which the assistant's last turn is taken;
    of a list of texts each is a solution of its own. Not read where there are steps."""
    id: str | None = None
    """The solution's id; without one it is called after its row."""
    problem_id: str | None = None
    """The id of a problem in `source`; without it problems are found by their question's text."""

    @property
    def of_problem(self) -> Columns:
        """The columns of the problem alone."""
        own = {name: getattr(self, name) for name in Columns.model_fields if name != "solution"}
        return Columns(**own)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenLayout:
    """The columns by which rows with solutions are read."""

    solution: str
    is_steps: bool
    id: str | None
    problem: Layout | None
    """None where no question, or no gold that is wanted, is found."""
    gold: bool
    """Whether the gold is read from the row."""

    def __str__(self) -> str:
        kind = "steps" if self.is_steps else "solution"
        names = [f"{kind} from {self.solution}", *([f"id from {self.id}"] if self.id else ())]
        told = self.problem.told if self.problem else {}
        unread = set() if self.gold else {"gold"}
        return "; ".join((*names, *(text for role, text in told.items() if role not in unread)))


def find_given(
    rows: Sequence[Mapping[str, object]], named: GivenColumns, *, gold: bool
) -> GivenLayout | None:
    """Return the layout of the first rows, or None where no solution is found.

    `gold`: whether the rows have to say what the right answer is. Raises SourceError when a named
    column is in no row.
    """
    finder = Finder(rows)
    asked = (*names_of(named.problem), *names_of(named.answer))
    steps = finder.named("steps", named.steps)
    text = finder.named("solution", named.solution)
    if not steps and not text:
        steps = finder.one(_STEPS, asked)
        text = finder.one(_SOLUTION, asked)
    found = steps or text
    if not found:
        return None
    finder.named("problem_id", named.problem_id)
    id = finder.named("id", named.id) or finder.one(_ID, (found, *asked))
    return GivenLayout(
        solution=found,
        is_steps=bool(steps),
        id=id,
        problem=_problem_layout(rows, named.of_problem, besides=_besides(rows, found), gold=gold),
        gold=gold,
    )


def _besides(rows: Sequence[Mapping[str, object]], solution: str) -> frozenset[str]:
    """Return the columns that are neither question nor gold: the solution, and what is said of it.

    A conversation holds the question too.
    """
    values: dict[str, list[object]] = {}
    for cells in rows:
        for name, value in cells.items():
            values.setdefault(name, []).append(value)
    marks = {name for name, cells in values.items() if _are_marks(name, cells)}
    talk = any(are_turns(lookup(cells, solution)) for cells in rows)
    return frozenset(marks if talk else {*marks, solution})


def _are_marks(name: str, cells: Sequence[object]) -> bool:
    told = [cell for cell in cells if cell is not None]
    return name.lower() in _NO_GOLD or (bool(told) and all(isinstance(one, bool) for one in told))


def _problem_layout(
    rows: Sequence[Mapping[str, object]], named: Columns, *, besides: frozenset[str], gold: bool
) -> Layout | None:
    kept = [{name: cell for name, cell in cells.items() if name not in besides} for cells in rows]
    if not gold:  # any column will do: it is not read
        names = column_names(kept)
        named = named.model_copy(update={"answer": tuple(names[:1])})
    return find_layout(kept, named)


def given_of(
    cells: Mapping[str, object], layout: GivenLayout, *, place: str, separator: str
) -> tuple[GivenSolution, ...]:
    """Return the solutions of a row, one or more; raises BadCellError where it holds none."""
    value = lookup(cells, layout.solution)
    if value is MISSING:
        raise BadCellError("missing column", layout.solution)
    named = lookup(cells, layout.id) if layout.id else None
    id = (scalar_text(named) if named is not MISSING else "") or place
    if layout.is_steps:
        return (GivenSolution(id=id, steps=_steps(value, separator), cut=True),)
    if isinstance(value, list | tuple) and not are_turns(value):
        return _several(value, id)
    text = _worded(last_answer(value)) if isinstance(value, list | tuple) else _text(value)
    return (GivenSolution(id=id, steps=(text,), cut=False),)


def _several(texts: Sequence[object], id: str) -> tuple[GivenSolution, ...]:
    """Return a solution per text; empty ones among others are left out, and leave their number."""
    ids = [id] if len(texts) == 1 else [f"{id}/{number}" for number in range(len(texts))]
    pairs = [(name, _text(one)) for name, one in zip(ids, texts, strict=True) if one != ""]
    if not pairs:
        raise BadCellError("empty solution or step")
    return tuple(GivenSolution(id=name, steps=(text,), cut=False) for name, text in pairs)


def _steps(value: object, separator: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value:
        kind = "an empty list" if isinstance(value, list | tuple) else type(value).__name__
        raise BadCellError("no list of steps", f"{kind}: name a text with columns.solution")
    if len(value) > MAX_STEPS:
        raise BadCellError("too many steps", f"{len(value)}, at most {MAX_STEPS}")
    return with_separators([_worded(one) for one in value], separator)


def with_separators(steps: Sequence[str], separator: str) -> tuple[str, ...]:
    """Return the steps, each with a separator behind it where there is no white space anyway."""
    return (*(_apart(*pair, separator) for pair in pairwise(steps)), *steps[-1:])


def _apart(step: str, following: str, separator: str) -> str:
    return step if step[-1:].isspace() or following[:1].isspace() else step + separator


def _worded(value: object) -> str:
    """Return a step's or a turn's text, which may stand in a mapping."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in _WORDS if isinstance(value.get(key), str)), None)
    return _text(value)


def _text(value: object) -> str:
    """Return a text as it is: whoever wrote it, its spaces are part of it."""
    checked = scalar_text(value)
    if not checked:
        raise BadCellError("empty solution or step")
    return value if isinstance(value, str) else checked

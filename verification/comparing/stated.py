r"""What assignments state: `x = 1, x = 2` two values, `x = 1, y = 2` one point."""

from dataclasses import dataclass

from verification.arithmetic.terms import Terms
from verification.comparing.assignments import Named, named_value
from verification.comparing.regions import subjects
from verification.comparing.several import as_points
from verification.tree.spelling import spelled
from verification.tree.syntax import Answer, Collection, Relation, SetBuilder, Value


@dataclass(frozen=True, slots=True)
class Assignments:
    """Values by name, in the order written: `x = 1, y = 2`."""

    names: tuple[str, ...]
    values: tuple[Answer, ...]


def stated(answer: Answer, terms: Terms) -> Answer | Assignments:
    """Return what an assignment or a list of them states, the answer itself if it is neither."""
    if isinstance(answer, SetBuilder) and isinstance(answer.condition, Relation):
        about = subjects(answer.condition)
        return (
            answer if answer.head or (about and answer.variable not in about) else answer.condition
        )
    if terms.conventions.assignments == "strict":
        return answer
    if isinstance(answer, Relation):
        named = named_value(answer, terms)
        return stated(named.value, terms) if named else answer
    if isinstance(answer, Collection) and not answer.braces:
        return _stated_list(answer, terms)
    return answer


def _stated_list(answer: Collection, terms: Terms) -> Answer | Assignments:
    """`x = 1, x = 2` and `x = 1, 2` state two values; `x = 1, y = 2` states one point."""
    named = [named_value(x, terms) if isinstance(x, Relation) else None for x in answer.items]
    loose = [x for n, x in zip(named, answer.items, strict=True) if not n]
    if not any(named) or any(isinstance(item, Relation) for item in loose):
        return answer
    names = tuple(_name(entry) for entry in named if entry and entry.name)
    items = tuple(n.value if n else x for n, x in zip(named, answer.items, strict=True))
    if len(set(names)) <= 1:
        return Collection(items, answer.braces, answer.joined_by)
    points = as_points(names, items)
    if points is not None:
        return points
    if len(set(names)) == len(items):
        return Assignments(names, items)
    return answer


def _name(named: Named) -> str:
    r"""Return a name in one spelling, `X^{T}Y` for `(X^T) \cdot Y`."""
    if isinstance(named.subject, Value) and ("^" in named.name or "cdot" in named.name):
        return spelled(named.subject.expression).replace("\\cdot ", "")
    return named.name

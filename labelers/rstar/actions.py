"""The five actions of rStar, and which may follow which (2408.06195, table 1 and its code)."""

from collections.abc import Mapping
from enum import StrEnum


class Action(StrEnum):
    """What the policy is asked for; a node is called after the action that led to it."""

    STEP = "one_step"
    """A1: the next step."""
    REST = "rest"
    """A2: all that is left, to the answer."""
    SUBQUESTION = "subquestion"
    """A3: the next sub-question, and its answer."""
    REANSWER = "reanswer"
    """A4: the answer to the last sub-question again, by itself."""
    REPHRASE = "rephrase"
    """A5: the question in other words, as a list of conditions."""


ALL: tuple[Action, ...] = tuple(Action)

_FREE = (Action.STEP, Action.REST, Action.SUBQUESTION)
FOLLOWS: Mapping[Action | None, tuple[Action, ...]] = {
    None: (*_FREE, Action.REPHRASE),
    Action.REPHRASE: _FREE,
    Action.SUBQUESTION: (*_FREE, Action.REANSWER),
    Action.REANSWER: _FREE,
    Action.STEP: (Action.STEP, Action.REST),
    Action.REST: (),
}
"""What may follow an action; None: the question itself. A rephrasing stands at the beginning alone,
a sub-question never behind a single step."""

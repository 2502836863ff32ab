"""Where a policy that writes step by step pauses."""

from typing import Annotated

from pydantic import AfterValidator

from rollouts import AnySplitter
from rollouts.segmenter import Segmenter

_PAUSES = {"newline": ("\n",), "blank_line": ("\n\n",)}


def _cuts_by_itself(splitter: AnySplitter) -> AnySplitter:
    if isinstance(splitter, Segmenter):
        raise ValueError(
            "a segmenter tells steps apart when a solution is whole, and a search when a step is: "
            "give a splitter that cuts by rules, e.g. newline"
        )
    return splitter


def _pauses_somewhere(pause: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if pause is not None and not all(pause):
        raise ValueError("pause: an empty string is everywhere: give e.g. '\\n\\n', or []")
    return pause


StepSplitter = Annotated[AnySplitter, AfterValidator(_cuts_by_itself)]
"""What ends a step that is being written."""
Pause = Annotated[tuple[str, ...] | None, AfterValidator(_pauses_somewhere)]
"""Strings at which the policy is stopped; None: those of the splitter."""


def pauses(pause: tuple[str, ...] | None, splitter: AnySplitter) -> tuple[str, ...]:
    """Return the strings that end a step."""
    return _PAUSES.get(splitter.kind, ()) if pause is None else pause

"""Texts in tags, so that a model sees where each begins and ends, and no text can forge another."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from schemas import Problem


def tagged(name: str, texts: Sequence[str], *, first: int) -> str:
    """Return texts in numbered tags on lines of their own, a blank line between them."""
    shown = [
        f"<{name}_{number}>\n{disarmed(text.strip(), name)}\n</{name}_{number}>"
        for number, text in enumerate(texts, first)
    ]
    return "\n\n".join(shown)


def disarmed(text: str, *names: str) -> str:
    """Return a text in which nothing looks like a tag of one of these names."""
    return _like_a_tag(names).sub(lambda tag: f"[{tag[1]}{']' if tag[2] else ''}", text)


def shielded(problem: Problem, *names: str) -> Problem:
    """Return a problem that is shown beside texts in such tags, and forges none."""
    return replace(
        problem,
        question=disarmed(problem.question, *names),
        options=tuple(disarmed(option, *names) for option in problem.options),
    )


@cache
def _like_a_tag(names: tuple[str, ...]) -> re.Pattern[str]:
    name = f"(?:{'|'.join(names)})"
    return re.compile(
        rf"[<＜‹〈](\s*+/?+\s*+{name}[^<＜‹〈>＞›〉\n]{{0,40}})([>＞›〉]?)", re.IGNORECASE
    )

r"""The boxes of a solution, in which MATH and its kin put the final answer."""

import re

_TOKEN = re.compile(
    r"\\(?:boxed|fbox|framebox)(?![A-Za-z])[ \t\r\n]*(?P<open>\{)?"  # a box, with or without braces
    r"|\\."  # an escaped character: `\{` and `\}` do not count
    r"|[{}]",
    re.DOTALL,
)
_BOXES = ("\\boxed", "\\fbox", "\\framebox")
_MAX_UNWRAPPED = 4
_BARE_END = re.compile(r"\$|\n|\\\)|\\\]")


class UnclosedBoxError(ValueError):
    """The last box is never closed: the text is torn or mistyped."""


def boxed(text: str) -> tuple[str, ...]:
    r"""Return what the outermost boxes hold, in order; the last is by convention the answer.

    Knows `\boxed`, `\fbox` and `\framebox`, with balanced braces or bare (`\boxed 5`, up to the
    end of the formula or line); a box that holds nothing but a box is unwrapped. One pass, linear
    in the text. Raises UnclosedBoxError when a box opens behind the last closed one and never ends.
    """
    return tuple(_unwrapped(text[start:end].strip()) for start, end in _spans(text))


def _unwrapped(content: str) -> str:
    for _ in range(_MAX_UNWRAPPED):
        inner = _TOKEN.match(content)
        if inner is None or not inner["open"]:
            break
        if _spans(content)[-1:] != [(inner.end(), len(content) - 1)]:
            break
        content = content[inner.end() : -1].strip()
    return content


def _spans(text: str) -> list[tuple[int, int]]:
    """Return where the contents of the outermost closed boxes start and end."""
    spans: list[tuple[int, int]] = []
    open_braces: list[int | None] = []  # where a box's content starts; None for a plain brace
    for token in _TOKEN.finditer(text):
        if token["open"]:
            open_braces.append(token.end())
        elif token[0] == "{":
            open_braces.append(None)
        elif token[0] == "}":
            start = open_braces.pop() if open_braces else None
            if start is not None:
                _close(spans, start, token.start())
        elif token[0].startswith(_BOXES):
            end = _BARE_END.search(text, token.end())
            _close(spans, token.end(), end.start() if end else len(text))
    unclosed = [start for start in open_braces if start is not None]
    if unclosed and (not spans or unclosed[-1] > spans[-1][1]):
        raise UnclosedBoxError(text[unclosed[-1] : unclosed[-1] + 40])
    return spans


def _close(spans: list[tuple[int, int]], start: int, end: int) -> None:
    """Add a box; those within it closed before and give way."""
    while spans and spans[-1][0] > start:
        spans.pop()
    spans.append((start, end))

r"""The last `\boxed{}` of a solution, as MATH and its kin mark the final answer."""

import re

_TOKEN = re.compile(
    r"\\(?:boxed|fbox|framebox)(?![A-Za-z])[ \t\r\n]*(?P<open>\{)?"  # a box, with or without braces
    r"|\\."  # an escaped character: `\{` and `\}` do not count
    r"|[{}]",
    re.DOTALL,
)
_MAX_UNWRAPPED = 4
_BARE_END = re.compile(r"\$|\n|\\\)|\\\]")


class UnclosedBoxError(ValueError):
    """The last box is never closed: the text is torn or mistyped."""


def last_boxed(text: str) -> str | None:
    r"""Return what the last outermost box holds, or None where there is no box.

    Knows `\boxed`, `\fbox` and `\framebox`, with balanced braces or bare (`\boxed 5`, up to the
    end of the formula or line); a box that holds nothing but a box is unwrapped. One pass, linear
    in the text. Raises UnclosedBoxError when a box opens behind the last closed one and never ends.
    """
    span = _last_span(text)
    if span is None:
        return None
    content = text[span[0] : span[1]].strip()
    for _ in range(_MAX_UNWRAPPED):
        inner = _TOKEN.match(content)
        if inner is None or not inner["open"]:
            break
        if _last_span(content) != (inner.end(), len(content) - 1):
            break
        content = content[inner.end() : -1].strip()
    return content


def _last_span(text: str) -> tuple[int, int] | None:
    """Return where the content of the last closed box starts and ends.

    An outer box closes behind the boxes within it, so the last to close is outermost.
    """
    last: tuple[int, int] | None = None
    open_braces: list[int | None] = []  # where a box's content starts; None for a plain brace
    for token in _TOKEN.finditer(text):
        if token["open"]:
            open_braces.append(token.end())
        elif token[0] == "{":
            open_braces.append(None)
        elif token[0] == "}" and open_braces:
            start = open_braces.pop()
            last = last if start is None else (start, token.start())
        elif token[0].startswith(("\\boxed", "\\fbox", "\\framebox")):
            end = _BARE_END.search(text, token.end())
            last = (token.end(), end.start() if end else len(text))
    unclosed = [start for start in open_braces if start is not None]
    if unclosed and (last is None or unclosed[-1] > last[1]):
        raise UnclosedBoxError(text[unclosed[-1] : unclosed[-1] + 40])
    return last

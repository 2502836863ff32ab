r"""The boxes of a solution, in which MATH and its kin put the final answer."""

import re

from verification.finding.boxes import boxes_in, unboxed

_BARE_END = re.compile(r"\$|\n|\\\)|\\\]")


class UnclosedBoxError(ValueError):
    """The last box is never closed: the text is torn or mistyped."""


def boxed(text: str) -> tuple[str, ...]:
    r"""Return what the outermost boxes hold, in order; the last is by convention the answer.

    Knows `\boxed`, `\fbox` and `\framebox`, with balanced braces or bare (`\boxed 5`, up to the
    end of the formula or line); a box that holds nothing but a box is unwrapped. Looks at the last
    `boxes.MAX_BOXES` and is linear in the text. Raises UnclosedBoxError when a box opens behind
    the last closed one and never ends.
    """
    contents: list[str] = []
    covered, torn = -1, None
    for box in boxes_in(text):
        if box.start < covered:
            continue
        if box.braced and box.closing is None:
            torn = text[box.inside : box.inside + 40]
            continue
        if box.closing is not None:
            end = covered = box.closing
        else:
            bare_end = _BARE_END.search(text, box.inside)
            end = bare_end.start() if bare_end else len(text)
        contents.append(unboxed(text[box.inside : end]))
        torn = None
    if torn is not None:
        raise UnclosedBoxError(torn)
    return tuple(contents)

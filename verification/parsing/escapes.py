r"""Backslashes that an escape ate: a form feed and `rac{1}{2}` were `\frac{1}{2}`.

Text that went through JSON or a string literal unescaped once too often holds control characters
where `\b`, `\f`, `\t`, `\r`, `\n`, `\a` or `\v` began a LaTeX command. Where the letters behind one
complete the name of a command, it is put back; a line break or a tab in its own right stays.
"""

import re

_EATEN = {
    "\a": ("a", r"lpha|ngle|pprox|rc(?:sin|cos|tan)|st(?![a-z])|rray|leph"),
    "\b": ("b", r"oxed|eta|egin|inom|ar(?![a-z])|f\{|mod|ig[lrg{(]|ullet|ot(?![a-z])|oldsymbol"),
    "\t": ("t", r"imes(?![a-z])|ext(?:bf|it|rm)?\s*\{|frac|heta|anh(?![a-z])|au(?![a-z])"),
    "\n": ("n", r"eq(?![a-z])|abla|otin(?![a-z])"),
    "\v": ("v", r"ec(?![a-z])|ert|arphi|artheta|arepsilon|dots|arnothing|ee(?![a-z])"),
    "\f": ("f", r"rac|box|orall|lat"),
    "\r": ("r", r"ight(?!s)|angle|ho(?![a-z])|m\{|floor|ceil|brace"),
}  # fmt: skip
"""Control character, the letter it was, and how the names of its commands go on."""
_LOST = re.compile("|".join(f"{char}(?={names})" for char, (_, names) in _EATEN.items()))
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def uneaten(text: str) -> str:
    r"""Return the text with the backslash of every command that certainly lost its own."""
    return _LOST.sub(_restored, text) if _may_have_lost(text) else text


def _restored(mark: re.Match[str]) -> str:
    return "\\" + _EATEN[mark[0]][0]


def _may_have_lost(text: str) -> bool:
    # Written out: it is asked of every completion, and each `in` costs a tenth of a loop's turn.
    return (
        "\f" in text
        or "\b" in text
        or "\t" in text
        or "\r" in text
        or "\a" in text
        or "\v" in text
        or "\neq" in text
        or "\nabla" in text
        or "\notin" in text
    )


def has_control_characters(text: str) -> bool:
    """Say whether characters are left that no text is written with."""
    return _CONTROL.search(text) is not None

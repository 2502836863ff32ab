"""Text that others wrote, made safe to print: nothing in it moves a cursor or changes a colour."""

import unicodedata

_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Controls, format characters (bidi overrides, zero widths), private use, lone surrogates and
line separators."""
_KEPT = "\n\u200c\u200d"
"""Newline, and the joiners that Persian, Hindi and emoji are written with."""


def plain(text: str) -> str:
    r"""Return `text` with every invisible character made visible, an escape as `\x1b`."""
    unified = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(map(_visible, unified))


def many_lines(text: str, limit: int = 20_000) -> str:
    """Return the start of `text` on its lines, and how much more there is."""
    shown = plain(text[:limit]).strip()
    left = len(text) - limit
    return shown if left <= 0 else f"{shown}… ({left:,} more characters)"


def one_line(text: str, limit: int = 200) -> str:
    """Return the start of `text` on one line, at most `limit` characters."""
    line = " ".join(plain(text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def many(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def compact(number: float) -> str:
    """Return a count as people read it: 950, 31.2k, 4.1M."""
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= size:
            return f"{number / min(size, 1e3 if suffix == 'k' else size):.1f}{suffix}"
    return f"{number:,.0f}"


def _visible(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

r"""Text as it was written becomes its normal form: one spelling for what only looks different.

The normal form keeps every distinction that can matter (brackets, order, case, signs, units) and
drops what never does: math delimiters, `\left`, spacing, thousands separators, a final full stop,
Unicode for what LaTeX has a command for. Two texts with equal `comparison_key` are equal answers.
"""

import re
import unicodedata
from fractions import Fraction

from verification.parsing.escapes import uneaten
from verification.parsing.tokens import matching_brace
from verification.tree.bounds import MAX_CHARACTERS, UnparsedError

_UNICODE = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "×": "\\times ", "÷": "\\div ",
    "·": "\\cdot ", "⋅": "\\cdot ", "∙": "\\cdot ", "•": "\\cdot ", "∗": "*", "∕": "/", "⁄": "/",
    "π": "\\pi ", "√": "\\sqrt ", "∛": "\\sqrt[3]", "∞": "\\infty ", "≤": "\\le ", "≥": "\\ge ",
    "⩽": "\\le ", "⩾": "\\ge ", "≠": "\\ne ", "≈": "\\approx ", "≡": "\\equiv ", "∪": "\\cup ",
    "∩": "\\cap ", "∈": "\\in ", "∉": "\\notin ", "∖": "\\setminus ", "⊂": "\\subset ",
    "°": "^{\\circ}", "º": "^{\\circ}", "˚": "^{\\circ}", "±": "\\pm ", "∓": "\\mp ",
    "∅": "\\emptyset ", "ℝ": "\\mathbb{R}", "ℤ": "\\mathbb{Z}", "ℕ": "\\mathbb{N}",
    "ℚ": "\\mathbb{Q}", "ℂ": "\\mathbb{C}", "θ": "\\theta ", "α": "\\alpha ", "β": "\\beta ",
    "γ": "\\gamma ", "δ": "\\delta ", "ε": "\\epsilon ", "λ": "\\lambda ", "μ": "\\mu ",
    "ρ": "\\rho ", "σ": "\\sigma ", "τ": "\\tau ", "φ": "\\phi ", "ϕ": "\\phi ", "ω": "\\omega ",
    "Δ": "\\Delta ", "Γ": "\\Gamma ", "Σ": "\\Sigma ", "Ω": "\\Omega ", "∑": "\\sum ",
    "∏": "\\prod ", "∫": "\\int ", "“": '"', "”": '"', "’": "'", "‘": "'", "′": "'", "″": "''",
    "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2002": " ", "\u2003": " ", "\u2028": " ",
    "\u3000": " ", "\u200b": "", "\u2060": "", "\ufeff": "", "\u200e": "", "\u2061": "",
    "⟨": "\\langle ", "⟩": "\\rangle ", "…": "\\ldots ", "⋯": "\\ldots ", "→": "\\to ",
    "⌊": "\\lfloor ", "⌋": "\\rfloor ", "⌈": "\\lceil ", "⌉": "\\rceil ", "∠": "\\angle ",
    "ℓ": "\\ell ", "∧": "\\land ", "∨": "\\lor ", "∣": "|", "∥": "|", "％": "%", "，": ", ",
    "。": ".", "；": ";", "：": ":", "（": "(", "）": ")", "、": ", ", "€": "\\text{ eur }",
    "£": "\\text{ gbp }", "¥": "\\text{ cny }", "₹": "\\text{ inr }", "¢": "\\text{ cents }",
}  # fmt: skip
_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5),
    "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8),
    "⅞": (7, 8), "⅑": (1, 9), "⅒": (1, 10), "⅐": (1, 7),
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ⁽⁾", "0123456789-+n()")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋₊ₙ", "0123456789-+n")
_TRANSLATION = {ord(char): latex for char, latex in _UNICODE.items()}
_TRANSLATION |= {ord(char): f"\\frac{{{n}}}{{{d}}}" for char, (n, d) in _VULGAR.items()}
_TRANSLATION |= {  # squared units, `㎝`
    code: f"\\text{{ {unicodedata.normalize('NFKC', chr(code))}}}" for code in range(0x3380, 0x33E0)
}
_TRANSLATION |= {0xFF01 + k: chr(0x21 + k) for k in range(94) if 0xFF01 + k not in _TRANSLATION}

_UNIT_POWER = re.compile(r"(?<![a-zA-Z\\])([mkcd]?m|ft|in|yd|mi|km|units?)(²|³)")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ⁽⁾]+")
_SUBSCRIPT_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉₋₊ₙ]+")
_UNICODE_ROOT = re.compile(r"√\s*(\d+|[a-zA-Z])")

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*\{")
_DELIMITERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"))
_SPACING = ("\\,", "\\;", "\\:", "\\!", "\\quad", "\\qquad", "\\newline", "\\")
_SIZING = re.compile(
    r"\\(?:left|right|middle|[bB]igg?[lrm]?|displaystyle|textstyle|scriptstyle|limits|nolimits"
    r"|hline|rm|bf|it|mathop|mathrel|mathord|centering|noindent)(?![a-zA-Z])\s*"
)
_EMPTY_DELIMITER = re.compile(r"\\(?:left|right)\s*\.")
_GROUPED = re.compile(r"(?<=\d)(?:\s*,\s*\\!\s*|\s*\{\s*,\s*\}\s*|\\,\s*|\\ |\\;)(?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d)\{,\}(?=\d)")
_NEXT_FORMULA = re.compile(r"\$\s*\n\s*\$")
_AMPERSAND = re.compile(r"(\d\s+)([A-Za-z]{1,12})\\?&([A-Za-z]{1,12})(?![A-Za-z])")
"""A name with a sign in it that is counted: `762 M&Ms`."""
_NEXT_RELATION = re.compile(r"\\q?quad(?=[^=]*?(?:=|\\equiv))")
_SPACE_GROUPED = re.compile(r"[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?")
_INFIX_UNION = re.compile(r"\\big(cup|cap)(?![a-zA-Z]|\s*[_^])")
_MODULUS = re.compile(
    r"\\(?:text|mathrm|operatorname)\s?\{\s?mod\s?\}|(?<![a-zA-Z\\{])mod(?![a-zA-Z(])"
)
_CIRCLED = re.compile(r"\\textcircled\s?\{?\s?([1-9])\s?\}?")
_PHANTOM = re.compile(r"\\[hv]?phantom\s*(?:\{[^{}]*\}|-|.)")
_REPEATING = re.compile(
    r"(?<![\d.])(\d*)\.(\d*)\s*(?:\\(?:overline|bar|dot)\s*(?:\{\s*(\d{1,12})\s*\}|(\d))|\((\d{1,12})\))"
)
_LEADING_DOLLAR = re.compile(r"(?<!\\)\$\s*(?=[\d.])")
_BROKEN_FORMULA = re.compile(r"(?<=[-+*/=(,<>])\s{0,4}\$\s{1,4}\$")
"""A formula cut in two behind an operator: `$x^2+$ $3x$`."""
_FORMULA = re.compile(
    r"(?<!\\)\$((?:[^$\n\\a-z]|\\(?:mathrm|text)\s?\{[^{}$]{1,20}\}|\\[a-zA-Z]+|\\.|(?<![a-z])[a-z](?![a-z]{2})){1,200})\$(?!\d)"
)
"""A formula between its dollar signs, no word in it: in `$5 and $6` the signs are money."""
_ARC = re.compile(
    r"(\d+(?:\.\d+)?)\s*\^\s*\{?\s*\\circ\s*\}?\s*(\d+(?:\.\d+)?)\s*(?:'|\^\s*\{?\\prime\}?)(?!'|\s*\\prime)"
    r"(?:\s*(\d+(?:\.\d+)?)\s*(?:''|\"|\^\s*\{\s*\\prime\s*\\prime\s*\}))?"
)
_FEET_AND_INCHES = re.compile(
    r"(?<![\w'^}.)])(\d{1,3})\s?'\s{0,2}-?(\d{1,2}(?:\.\d{1,6})?)\s?(?:''|\")(?!\w)"
)
_PRIME = re.compile(r"\^\s*(?:\{\s*((?:\\prime\s*)+)\}|\\prime)")

_KEY_SPACE = re.compile(r"\\(?:[,;:! ]|quad|qquad)|[\s~]+")
_KEY_STYLE = re.compile(
    r"\\(?:text|mbox|textbf|mathrm|textnormal|textrm|operatorname|mathbf|boldsymbol|textit|mathit)"
    r"\{((?:[^{}\\]|\\(?![a-zA-Z]))*)\}"
)
_KEY_DEGREE = re.compile(r"\^\{\\circ\}|\^\\circ(?![a-zA-Z])|\\degree(?![a-zA-Z])")
_KEY_BRACED = re.compile(r"([_^])\{(\w)\}")


_ORDINAL = re.compile(
    r"(?<=\d)\s?(?:\^\s?)?\{?\s?(?:\\(?:text|mathrm|textsuperscript|mbox)\s?\{\s?)?(?:st|nd|rd|th)\b\}{0,2}"
)
_ENDS_ORDINAL = re.compile(r"\d\W{0,12}(?:text|mathrm|mbox)?\W{0,3}(?:st|nd|rd|th)\b")
_RUPEES = re.compile(r"^(?:Rs|INR)\b\.?\s*(?=\d)")
_TIMES_TEN = re.compile(r"(?<=\d)\s*[xX]\s*(?=10\s*\^)")
_DOTTED = re.compile(
    r"(?<![\d.])(\d{0,20})\.(\d{0,20}?)(?:(\d)\3{2,20}|(\d{2,8})\4{1,4})\s?\\ldots\s?$"
)
_RENAMED = {
    "\\lnot": "\\neg", "\\intercal": "{T}", "\\top": "{T}", "\\varphi": "\\phi",
    "\\varepsilon": "\\epsilon",
    "\\vartheta": "\\theta", "\\imath": "{i}", "\\jmath": "{j}",
    "\\varrho": "\\rho", "\\dotsb": "\\cdots", "\\dotsm": "\\cdots",
}  # fmt: skip
_RENAMED_COMMAND = re.compile(rf"(?:{'|'.join(map(re.escape, _RENAMED))})(?![a-zA-Z])")


def normal_form(text: str) -> str:  # noqa: C901  one table of rewritings
    """Return the normal form of an answer; raises UnparsedError above the cap on length."""
    text = uneaten(text).strip()
    if len(text) > MAX_CHARACTERS:
        raise UnparsedError(f"longer than {MAX_CHARACTERS} characters")
    if not text.isascii():
        text = _to_latex(text)
    text = _unwrapped(_NEXT_FORMULA.sub(", ", text) if "\n" in text else text)
    if "\\" in text:
        text = _plain_latex(text)
    if "$" in text:
        text = _FORMULA.sub(r"\1", _BROKEN_FORMULA.sub(" ", text)) if text.count("$") > 1 else text
        text = _LEADING_DOLLAR.sub(r"\\usd ", text.replace("\\$", "\\usd ")).replace("$", "")
    if "&" in text and "\\begin" not in text:
        text = _AMPERSAND.sub(r"\1\\text{ \2and\3}", text)
    if "per cent" in text:
        text = text.replace("per cent", "percent")
    if text[:2] in ("Rs", "IN"):
        text = _RUPEES.sub(r"\\text{ inr }", text)
    if "10" in text and "x" in text.lower():
        text = _TIMES_TEN.sub(r" \\times ", text)
    if _ENDS_ORDINAL.search(text):
        text = _ORDINAL.sub("", text)
    if "'" in text or "prime" in text:
        text = _ARC.sub(_arc_to_degrees, text)
        text = _PRIME.sub(lambda m: "'" * max(1, (m[1] or "").count("prime")), text)
        text = _FEET_AND_INCHES.sub(r"\1 \\text{ ft } \2 \\text{ in}", text)
    if "." in text:
        text = text.replace("...", "\\ldots ")
        text = _REPEATING.sub(_repeating_to_fraction, text)
        if "ldots" in text:
            text = _DOTTED.sub(_dotted_to_fraction, text)
    if "mod" in text:
        text = _MODULUS.sub(r"\\bmod ", text)
    text = _DECIMAL_COMMA.sub(".", _GROUPED.sub("", text))
    if " " in text and _SPACE_GROUPED.fullmatch(text):
        text = text.replace(" ", "")
    return text.strip()


def comparison_key(normal: str) -> str:
    """Return a spelling without space and style; equal keys are equal answers, others may be."""
    key = _KEY_SPACE.sub("", normal)
    if "\\" in key:
        key = _KEY_STYLE.sub(r"\1", key)
        key = _KEY_DEGREE.sub("^{\\\\circ}", key)
    if "{" in key:
        key = _KEY_BRACED.sub(r"\1\2", key)
    return key


def _to_latex(text: str) -> str:
    """Replace Unicode mathematics by LaTeX; what is left outside ASCII is prose or refused."""
    text = _UNIT_POWER.sub(lambda m: f"\\text{{ {m[1]}}}^{2 if m[2] == '²' else 3}", text)
    text = _SUPERSCRIPT_RUN.sub(lambda m: f"^{{{m[0].translate(_SUPERSCRIPTS)}}}", text)
    text = _SUBSCRIPT_RUN.sub(lambda m: f"_{{{m[0].translate(_SUBSCRIPTS)}}}", text)
    text = _UNICODE_ROOT.sub(r"\\sqrt{\1}", text)
    return text.translate(_TRANSLATION)


def _unwrapped(text: str) -> str:
    """Strip math delimiters, boxes, emphasis and closing punctuation, layer by layer."""
    for _ in range(6):
        before = text
        for opening, closing in _DELIMITERS:
            inner = text[len(opening) : len(text) - len(closing)]
            wrapped = text.startswith(opening) and text.endswith(closing) and inner
            if wrapped and opening not in inner and not inner.endswith("\\"):
                text = inner.strip()
        text = _unboxed(text)
        text = _without_trailing_space(text)
        if len(text) > 1 and text[-1] in ".,;" and not text.endswith("..."):
            text = text[:-1].rstrip()
        if text == before:
            break
    return text


def _without_trailing_space(text: str) -> str:
    """Strip space and spacing commands off the end.

    Suffix by suffix: a pattern would scan every run of space in the text to its end.
    """
    while True:
        text = text.rstrip(" \t\r\n~")
        spacing = next((suffix for suffix in _SPACING if text.endswith(suffix)), None)
        if spacing is None:
            return text
        text = text.removesuffix(spacing)


def _unboxed(text: str) -> str:
    match = _BOX.match(text)
    if match and matching_brace(text, match.end() - 1) == len(text) - 1:
        return text[match.end() : -1].strip()
    return text


def _plain_latex(text: str) -> str:
    text = text.replace("\\!", "" if not re.search(r",\s{0,3}\\!", text) else "\\!")
    text = _GROUPED.sub("", text).replace("\\!", "")
    if "quad" in text and text.count("=") + text.count("\\equiv") > 1:
        text = _NEXT_RELATION.sub(" , ", text)
    text = _EMPTY_DELIMITER.sub(" ", text)
    text = _SIZING.sub(" ", text)
    if "textcircled" in text:
        text = _CIRCLED.sub(lambda m: chr(0x245F + int(m[1])), text)
    if "\\big" in text:
        text = _INFIX_UNION.sub(r"\\\1", text)
    if "phantom" in text:
        text = _PHANTOM.sub("", text)
    text = _RENAMED_COMMAND.sub(lambda m: _RENAMED[m[0]], text)
    for variant in ("\\dfrac", "\\tfrac", "\\cfrac"):
        text = text.replace(variant, "\\frac")
    return text.strip()


def _repeating_to_fraction(match: re.Match[str]) -> str:
    r"""`0.1\overline{6}` is 0.1 plus 6 over 90."""
    whole, fixed = match[1] or "0", match[2]
    cycle = match[3] or match[4] or match[5]
    scale = 10 ** len(fixed)
    value = Fraction(int(whole)) + Fraction(int(fixed or "0"), scale)
    value += Fraction(int(cycle), (10 ** len(cycle) - 1) * scale)
    return f"\\frac{{{value.numerator}}}{{{value.denominator}}}"


def _dotted_to_fraction(match: re.Match[str]) -> str:
    r"""`0.333...` repeats what was written three times, a longer cycle twice."""
    cycle = match[3] or match[4]
    repeating = f"{match[1] or '0'}.{match[2]}({cycle})"
    return _REPEATING.sub(_repeating_to_fraction, repeating)


def _arc_to_degrees(match: re.Match[str]) -> str:
    """Degrees, minutes and seconds of arc to a fraction of degrees."""
    degrees = Fraction(match[1]) + Fraction(match[2]) / 60 + Fraction(match[3] or 0) / 3600
    return f"\\frac{{{degrees.numerator}}}{{{degrees.denominator}}}^{{\\circ}}"

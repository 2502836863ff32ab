r"""What a gold of several sentences concludes in.

`$\vec{a} \times \vec{b} = ...$. The area is $8\sqrt3$.` is read as `8\sqrt3`. Read off only where
all before the conclusion is working or the question's own data, and where the words around a value
say nothing that changes it. Several results are never read as the last one.
"""

import re
from dataclasses import dataclass

_SPAN = re.compile(r"\$\$(?P<a>.+?)\$\$|(?<!\\)\$(?P<b>(?:\\.|[^$\\])+)\$", re.S)
_MARK = r"⟦\d+⟧"
_MARKS = rf"{_MARK}(?:(?:,|,? and|,? or|,? where)? {_MARK})*"
_NAME = re.compile(
    r"\s*(?:\\(?:mathbf|vec|hat|bar)\s?\{?)?(?:[a-zA-Z]|\\[a-z]{2,10})\}?(?:_\{?\w+\}?)?\s*"
)
_GLUED = re.compile(r"(?:\\times|\\cdot|[-+=])\s*$")
_REMARK = re.compile(r"\s(?:It|This) means [^⟦\d.]*\.?$")
_CONCLUSION = re.compile(
    r"(?:^|[.,;]?\s+)(?:(?P<opener>(?:and )?(?:[Ss]o|[Tt]hus|[Hh]ence|[Tt]herefore)),?\s+)?"
    r"(?:(?:[Tt]he (?P<subject>[a-z][a-z ]{2,80}?(?: \d)?)"
    r" (?:is|are|equals|is given by|is equal to)"
    rf"|we (?:have|get|obtain))\s+)?(?P<value>(?:{_MARK}(?: and {_MARK})*|-?\d+(?:\.\d+)?))"
    r"(?P<behind>(?: [a-z]{2,12}){0,2})\s?\.?$"
)
_CHANGING = re.compile(
    r"\b(?:about|approximately|roughly|nearly|least|most|less|more|than|between|not|no|never|if|when"
    r"|unless|or|twice|half|double|square|cube|only|both|each|first|second|also|other)\b"
)
_WORKING = re.compile(
    rf"(?:Recall that .+|(?:[Ll]et|We (?:have|need|compute|find|get)) {_MARKS}"
    rf"|[Tt]he (?:equation|expression|system) (?:simplifies|reduces) to {_MARK}"
    rf"|(?:One|We) can row reduce this [a-z ]+(?:\d )?to {_MARK}|{_MARK})"
)
_COORDINATE = {"first coordinate", "second coordinate"}
_SOLUTION = re.compile(r"(?:unique |only )?solution")
_LED_IN = re.compile(
    rf"(?:(?:By [A-Za-z' ]{{3,30}}, )?[Ww]e (?:have|get|obtain|find)"
    r"|It is the (?:line|plane|hyperplane|circle|curve|parabola|ellipse)"
    r" (?:given by|with) the equation)"
    rf" (?P<value>{_MARK})\s?\.?"
)
_FAMILIES = re.compile(
    rf"(?P<solved>{_MARK}) when (?P<families>{_MARK}(?:(?:,|,? or) {_MARK})*)"
    rf" for (?:any|all|every) integers? (?P<index>{_MARK})\.?"
)
_RESULT = re.compile(
    rf"(?P<value>{_MARK})(?: is the [A-Za-z]+(?: [a-z]+)*|,? \((?:we|because|since|as) [^()⟦⟧]*\)"
    r"|, i\.e\.,? .{1,60})\.?"
)
_ONLY = re.compile(rf"Only (?P<value>{_MARK}) is an? [a-z ]+\.?")
_FOUND = re.compile(
    rf"(?:Therefore|Thus|So|Hence),? the (?:set|matrix|vectors?|system|function|series)"
    rf"(?: {_MARK})? (?:is|are) (?P<said>[a-z]+(?: [a-z]+)?)\.?"
)
_NONE = re.compile(
    rf"There is no (?:possible )?(?:choice|value) of {_MARK} (?:which|that|for which) [a-z ]+\.?"
    rf"|The system {_MARK} has no solution\.?"
)
_QUOTED = re.compile(r"[A-Z][a-z]+: [\"“](?P<text>[A-Za-z][A-Za-z ,.']{1,200})[\"”]\.?")
_DECIMAL = re.compile(r"\\approx|\\doteq")


@dataclass(frozen=True, slots=True)
class _Masked:
    """A gold with a mark in place of each piece of mathematics."""

    text: str
    spans: tuple[str, ...]

    def at(self, marks: str) -> list[str]:
        """Return the pieces that marks stand for."""
        return [self.spans[int(number)] for number in re.findall(r"⟦(\d+)⟧", marks)]


def concluded(gold: str) -> str:
    """Return what a gold concludes in; empty where it is not certain to be all that it states."""
    quoted = _QUOTED.fullmatch(gold)
    if quoted:
        return rf"\text{{{quoted['text']}}}"
    if "$" not in gold or "⟦" in gold:
        return ""
    masked = _masked(gold)
    for read in (_families, _said, _led_in, _worked_out, _in_rows):
        found = read(masked)
        if found:
            return found
    return ""


def _masked(gold: str) -> _Masked:
    spans: list[str] = []
    text, end = "", 0
    for span in _SPAN.finditer(gold):
        between = gold[end : span.start()]
        content = (span["a"] or span["b"]).strip().rstrip(" .").strip()
        if spans and not between.strip() and _GLUED.search(spans[-1]):
            spans[-1] += " " + content
        else:
            text += f"{between} ⟦{len(spans)}⟧"
            spans.append(content)
        end = span.end()
    text = " ".join((text + gold[end:]).split())
    return _Masked(re.sub(r"⟧ ([.,;)])", r"⟧\1", text), tuple(spans))


def _families(gold: _Masked) -> str:
    r"""Read `$\sin t = 1$ when $t = \frac\pi2 + 2\pi k$ for any integer $k$` as what t is."""
    found = _FAMILIES.fullmatch(gold.text)
    if not found or "=" not in gold.at(found["solved"])[0]:
        return ""
    families, (index,) = gold.at(found["families"]), gold.at(found["index"])
    names = {family.split("=")[0].strip() for family in families}
    if len(names) > 1 or not all(index in family.split("=")[-1] for family in families):
        return ""
    solved = re.sub(r"\\[a-z]+", " ", gold.at(found["solved"])[0])
    if not _NAME.fullmatch(names.pop()) or families[0].split("=")[0].strip() not in solved:
        return ""
    return " or ".join(families) + rf", {index} \in \mathbb{{Z}}"


def _said(gold: _Masked) -> str:
    """Read golds whose words say what the value is, or which of several things is meant."""
    if _NONE.fullmatch(gold.text):
        return r"\text{no solution}"
    found = _FOUND.fullmatch(gold.text)
    if found and not _CHANGING.search(found["said"]):
        return rf"\text{{{found['said']}}}"
    only = _ONLY.fullmatch(gold.text)
    if only:
        (name,) = gold.at(only["value"])
        return name if _NAME.fullmatch(name) else ""
    result = _RESULT.fullmatch(gold.text)
    return _value(gold.at(result["value"])[0]) if result and len(gold.spans) < 3 else ""


def _led_in(gold: _Masked) -> str:
    found = _LED_IN.fullmatch(gold.text)
    return gold.at(found["value"])[0] if found and "=" in gold.spans[0] else ""


def _worked_out(gold: _Masked) -> str:
    """Read the last sentence where all others are what it is worked out of."""
    text = _REMARK.sub("", gold.text)
    found = _CONCLUSION.search(text)
    if not found or not found.start():
        return ""
    subject = found["subject"] or ""
    if not (subject or found["opener"]) or (
        _CHANGING.search(subject) and subject not in _COORDINATE
    ):
        return ""
    before = text[: found.start()].rstrip(" .,;")
    working = [part.strip(" .,;") for part in re.split(r"(?<=[.⟧]) (?=[A-Z])", before)]
    if not all(map(_WORKING.fullmatch, working)):
        return ""
    value = _values(gold, found["value"], several=_SOLUTION.fullmatch(subject) is not None)
    bound = found["opener"] or _SOLUTION.fullmatch(subject)
    if not value or not _leads_to(gold.at(before), value, working, inferred=bool(bound)):
        return ""
    behind = found["behind"].strip()
    return value + (rf"\text{{ {behind}}}" if behind else "")


def _values(gold: _Masked, marks: str, *, several: bool) -> str:
    found = gold.at(marks)
    if not found:
        return marks
    if len(found) > 1 or several:
        named = all(_NAME.fullmatch(span.split("=")[0]) and "=" in span for span in found)
        return ", ".join(found) if several and named else ""
    return _value(found[0])


def _leads_to(spans: list[str], value: str, working: list[str], *, inferred: bool) -> bool:
    """Say whether pieces of working state no result of their own beside the value."""
    given = working[0].lower().startswith("let ")
    if not inferred and not (given or len(spans) == 1):
        return False
    for span in spans:
        sides = _sides(span)
        named = len(sides) > 1 and _NAME.fullmatch(sides[0]) and not given
        vector = "\\begin" in sides[-1] and "\\begin" not in value
        if named and sides[-1].strip() != value and not vector and _is_closed(sides[-1]):
            return False
        if not inferred and not given and (named or len(sides) < 2):
            return False
    return True


def _is_closed(side: str) -> bool:
    """Say whether a side holds no letter that could be a variable."""
    return not re.search(r"(?<![\\a-zA-Z])[a-zA-Z](?![a-zA-Z])", re.sub(r"\\[a-z]+", " ", side))


def _value(span: str) -> str:
    """Return the last side of a chain, with the name where it is an assignment."""
    sides = _sides(span)
    if _DECIMAL.search(span) or any(not side.strip() for side in sides):
        return ""
    if len(sides) > 1 and _NAME.fullmatch(sides[0]):
        return f"{sides[0].strip()} = {sides[-1].strip()}"
    return sides[-1].strip()


def _sides(span: str) -> list[str]:
    """Cut at the equals signs outside brackets and tables."""
    sides, depth, start = [], 0, 0
    for token in re.finditer(r"\\begin|\\end|[{(\[\])}=]|\\[{}]", span):
        if token[0] == "=" and depth == 0:
            sides.append(span[start : token.start()])
            start = token.end()
        else:
            depth += token[0] in ("{", "(", "[", "\\begin", "\\{")
            depth -= token[0] in ("}", ")", "]", "\\end", "\\}")
    return [*sides, span[start:]]


def _in_rows(gold: _Masked) -> str:
    """Read a chain that goes over several rows, and begins with numbers, as its last side."""
    if gold.text.strip() != "⟦0⟧" or "{aligned}" not in gold.spans[0]:
        return ""
    body = re.fullmatch(r"\\begin\{aligned\}(.*)\\end\{aligned\}", gold.spans[0], re.S)
    if body is None:
        return ""
    first, *rest = (row.strip("&\n ") for row in _rows(body[1]))
    if not rest or "\\begin" not in first or not all(row.startswith("=") for row in rest):
        return ""
    return rest[-1].lstrip("=&\n ") if rest[-1].count("=") == 1 else ""


def _rows(body: str) -> list[str]:
    rows, depth, start = [], 0, 0
    for token in re.finditer(r"\\begin|\\end|\\\\", body):
        if token[0] == "\\\\" and depth == 0:
            rows.append(body[start : token.start()])
            start = token.end()
        depth += (token[0] == "\\begin") - (token[0] == "\\end")
    return [*rows, body[start:]]

r"""Question and steps in texts, with a tag behind each step.

Math-Shepherd (2312.08935): `label` is `input` with + or - in the places of ки. OpenRLHF: `input`
and a list, `value`. OpenR: `question`, `process` with ки or five line breaks behind each step, and
a list of labels, or one label where `process` is a single step.
"""

import json
import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from schemas import Outcome
from sources.rows import BadCellError
from sources.stated.marks import checked, listed, mark, marks, named, outcome, plain, question
from sources.stated.seam import Cells, LabelKind, StatedFormat, StatedSolution

TAG = "ки"
_FIRST = re.compile(r"(?:^|\s)Step:? ?1 ?[:.] ?")
_NUMBER = re.compile(r"Step:? ?(\d{1,6}) ?[:.]\s*")
_BREAKS = re.compile(r"\s?\n{5}\s?")


class _Numbered(StatedFormat):
    """What forms whose steps begin with `Step 1: ` share."""

    between: ClassVar[str] = "\n"

    numbers: Literal["keep", "drop"] = "keep"
    """Whether `Step 1: ` stays at the start of a step."""

    def _steps(self, texts: list[str]) -> tuple[str, ...]:
        cut = (text.strip() for text in texts)
        if self.numbers == "drop":
            cut = (_NUMBER.sub("", text, count=1) if _NUMBER.match(text) else text for text in cut)
        return checked(cut)


class MathShepherd(_Numbered):
    """The released Math-Shepherd set, and all that is written like it: `input`, `label`."""

    columns: ClassVar[tuple[str, ...]] = ("input", "label")
    kind: ClassVar[LabelKind] = "automatic"

    format: Literal["math_shepherd"] = "math_shepherd"

    @classmethod
    def fits(cls, cells: Cells) -> bool:
        """Tell whether both are texts, and the input has tags."""
        return isinstance(cells.get("label"), str) and TAG in str(cells.get("input"))

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution; the last step's label is the verdict on the answer."""
        texts, signs = _signed(plain(cells.get("input")), plain(cells.get("label")))
        asked, texts = _split(texts)
        steps = self._steps(texts)
        stated = tuple(map(mark, signs))
        answered = "answer is" in steps[-1]
        yield StatedSolution(
            question=asked,
            steps=steps,
            stated=stated,
            outcome=outcome(stated[-1].label) if answered else Outcome.UNDECIDED,
        )


class OpenRlhf(_Numbered):
    """OpenRLHF's rows: `input` with tags, and `value`, signs or numbers."""

    columns: ClassVar[tuple[str, ...]] = ("input", "value")

    format: Literal["openrlhf"] = "openrlhf"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        asked, texts = _split(_cut(plain(cells.get("input"))))
        steps = self._steps(texts)
        yield StatedSolution(question=asked, steps=steps, stated=marks(cells.get("value"), steps))


class OpenR(_Numbered):
    """OpenR's training rows: `question`, `process`, and `labels`, or one `label`."""

    columns: ClassVar[tuple[str, ...]] = ("question", "process")

    format: Literal["openr"] = "openr"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution; a lone step that is not the first is none."""
        text = plain(cells.get("process"))
        texts = _cut(text) if TAG in text else _BREAKS.split(text)
        steps = self._steps([one for one in texts if one.strip()])
        found = cells.get("labels", cells.get("label"))
        values = found if isinstance(found, list | tuple) else [found]
        number = _NUMBER.match(texts[0].strip())
        if number and int(number[1]) != 1:
            raise BadCellError("a step without the steps before it", f"step {number[1]} alone")
        yield StatedSolution(
            question=question(cells, "question"), steps=steps, stated=marks(values, steps)
        )


class Distilabel(_Numbered):
    """distilabel's MathShepherdCompleter: `solutions`, lists of steps that end with + or -."""

    columns: ClassVar[tuple[str, ...]] = ("instruction", "solutions")
    kind: ClassVar[LabelKind] = "automatic"

    format: Literal["distilabel"] = "distilabel"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solutions; a step without a sign has no label."""
        asked, answer = question(cells, "instruction"), _golden(cells.get("golden_solution"))
        found = _json_list(cells.get("solutions"))
        if found and all(isinstance(one, str) for one in found):
            found = [found]
        id = named(cells, "id")
        for number, texts in enumerate(found):
            if not isinstance(texts, list | tuple) or not texts:
                continue
            pairs = [_sign(plain(text)) for text in texts]
            yield StatedSolution(
                question=asked,
                answer=answer,
                steps=self._steps([text for text, _ in pairs]),
                stated=tuple(mark(sign) for _, sign in pairs),
                id=f"{id}/{number}" if id else "",
            )


def _signed(text: str, label: str) -> tuple[list[str], list[str]]:
    """Return the pieces before the tags, and the signs that stand for them in the label."""
    pieces = _cut(text)
    signs, at = list[str](), 0
    for piece in pieces:
        sign = label[at + len(piece) : at + len(piece) + 1]
        if label[at : at + len(piece)] != piece or sign not in ("+", "-"):
            raise BadCellError("label is not input with + or - for each tag")
        signs.append(sign)
        at += len(piece) + 1
    if label[at:].strip():
        raise BadCellError("label is not input with + or - for each tag")
    return pieces, signs


def _cut(text: str) -> list[str]:
    """Return the pieces that end with a tag; raises BadCellError where text is behind the last."""
    *pieces, rest = text.split(TAG)
    if not pieces:
        raise BadCellError("no tag", f"{TAG} stands nowhere")
    if rest.strip():
        raise BadCellError("text behind the last tag", rest[:40])
    return pieces


def _split(pieces: list[str]) -> tuple[str, list[str]]:
    """Return the question, which stands before `Step 1: ` in the first piece, and the steps."""
    start = first_step(pieces[0])
    asked = pieces[0][:start].strip()
    if not asked:
        raise BadCellError("empty question")
    return asked, [pieces[0][start:], *pieces[1:]]


def first_step(text: str) -> int:
    """Return where `Step 1: ` begins; raises BadCellError where it stands nowhere, or twice."""
    found = [one.start() for one in _FIRST.finditer(text)]
    if len(found) != 1:
        count = f"{len(found)} times" if found else "nowhere"
        raise BadCellError("question and first step cannot be told apart", f"Step 1: {count}")
    return found[0]


def _sign(text: str) -> tuple[str, str]:
    """Return a step without its sign, and the sign; empty where it has none."""
    text = text.strip()
    return (text[:-1].rstrip(), text[-1]) if text.endswith((" +", " -")) else (text, "")


def _json_list(value: object) -> list[object]:
    """Return a list that may be written as JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise BadCellError("no list of solutions", "not valid JSON") from None
    return list(listed(value, "solutions"))


def _golden(value: object) -> str:
    """Return what the last line of a gold solution says behind `The answer is: `."""
    lines = _json_list(value) if isinstance(value, str | list | tuple) and value else []
    last = lines[-1] if lines else ""
    return last.rpartition("answer is")[2].lstrip(": ").strip() if isinstance(last, str) else ""

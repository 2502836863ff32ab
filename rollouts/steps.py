r"""How a solution's text is cut into steps. Every splitter is lossless: joined steps are the text.

Promises of every splitter, for any text however hostile:

- `"".join(split(text)) == text`, to the byte; an empty text has no steps.
- What separates two steps belongs to the step before it.
- No step is whitespace alone: such a piece joins the step before it, a leading one the step
  after it. (A text of nothing but whitespace is one step.)
- The time is linear in the length of the text.
- There are at most MAX_STEPS; the last of so many holds all the rest.

A model that thinks marks its thought: `<think>`, `[THINK]`, channels (verification/finding/turns).
`part` says what of such a text is cut: all of it, the thought or what is said behind it; the rest
is one step, so that nothing is lost.

`final_answer` says what becomes of a last step that only states the answer (`#### 72`,
`\boxed{72}`, `The answer is 72.`). Published sets differ: Math-Shepherd (2312.08935) and PRM800K
(2305.20050) keep it in the last reasoning step, `attach`; Qwen (2501.07301) and Skywork leave it
where their separator puts it, `own`. `own` costs a probe of the step before it; with `attach`
the last step's label is the verdict on the answer.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

import re2
from pydantic import Field, field_validator

from schemas import Settings
from verification.finding.turns import thought_end

_ANSWER_ALONE = re.compile(
    r"""\s*(?:
        \#{4}[^\n]*
      | \#{1,6}[ \t]*(?:final[ ])?answer\b[^\n]*(?:\s+[^\n]+)?
      | (?:(?:so|thus|hence|therefore),?[ ])?(?:the[ ])?(?:final[ ])?answer(?:[ ]is\b|:)[^\n]*
      | [$\\(\[]*\\boxed\{[^\n]*\}[$\\)\].]*
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
MAX_STEPS = 1_000
"""Each step's prefix holds all before it, and each may be probed: a text of 200,000 lines that is
cut at all of them holds a run for ever."""
_LONGEST_ANSWER = 400
"""Characters of a step that may still be an answer alone."""


class Cutting(Settings):
    """What all splitters share: candidate cuts become lossless steps."""

    later: ClassVar[frozenset[str]] = frozenset({"part"})

    final_answer: Literal["own", "attach"] = "own"
    """Whether a last step that only states the answer stands alone or joins the one before."""

    part: Literal["whole", "thought", "answer"] = "whole"
    """What of a text that marks its thought is cut into steps; the rest is one step."""

    def split(self, text: str) -> tuple[str, ...]:
        """Return the steps of `text`; joined they are `text`, to the byte."""
        steps = _pieces(text, self._parted(text))
        if self.final_answer == "attach" and len(steps) > 1 and _states_answer(steps[-1]):
            return (*steps[:-2], steps[-2] + steps[-1])
        return steps

    def _parted(self, text: str) -> Iterable[int]:
        """Yield the cuts in the part that is to be cut, and the end of the thought."""
        end = thought_end(text) if self.part != "whole" else 0
        if not end:
            return self._cuts(text)
        if self.part == "thought":
            return (*(cut for cut in self._cuts(text[:end]) if cut < end), end)
        return (end, *(end + cut for cut in self._cuts(text[end:]) if cut))

    def _cuts(self, text: str) -> Iterable[int]:
        """Yield, in rising order, the offsets at which a new step may begin."""
        raise NotImplementedError


def _states_answer(step: str) -> bool:
    return len(step) <= _LONGEST_ANSWER and _ANSWER_ALONE.fullmatch(step) is not None


def _pieces(text: str, cuts: Iterable[int]) -> tuple[str, ...]:
    """Cut `text` at the offsets, joining whitespace-only pieces to a neighbour."""
    steps: list[str] = []
    lead = ""
    for start, end in pairwise((0, *cuts, len(text))):
        piece = text[start:end]
        if piece and not piece.isspace():
            steps.append(lead + piece)
            lead = ""
        elif steps:
            steps[-1] += piece
        else:
            lead += piece
        if len(steps) == MAX_STEPS:
            steps[-1] += text[end:]
            break
    return tuple(steps) if steps or not lead else (lead,)


_BLANK = re.compile(r"\n(?:[ \t\r]*\n)+")
_BLOCK = re.compile(
    r"""(?P<fence>^[ ]{0,3}(?P<ticks>```|~~~)[^\n]*$)
      | (?P<dollars>\$\$)
      | (?<!\\)\\(?P<bracket>[\[\]])
      | \\(?P<environment>begin|end)\{(?P<name>[A-Za-z]{1,24}\*?)\}""",
    re.MULTILINE | re.VERBOSE,
)


def _block_edge(match: re.Match[str]) -> tuple[str, bool, bool]:
    """Return the block a mark belongs to, and whether it may open and may close it."""
    if match["fence"]:
        bare = match["fence"].strip(" `~\r") == ""
        return match["ticks"], True, bare
    if match["dollars"]:
        return "$$", True, True
    if match["bracket"]:
        return "[", match["bracket"] == "[", match["bracket"] == "]"
    return match["name"], match["environment"] == "begin", match["environment"] == "end"


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of code fences and display maths; one that is never closed is none."""
    marks = [(m.start(), m.end(), *_block_edge(m)) for m in _BLOCK.finditer(text)]
    last_close = {block: start for start, _, block, _, closes in marks if closes}
    inside, since = "", 0
    for start, end, block, opens, closes in marks:
        if inside and closes and block == inside:
            yield since, end
            inside = ""
        elif not inside and opens and last_close.get(block, -1) > start:
            inside, since = block, start


class BlankLine(Cutting):
    r"""A step ends at a blank line, as in Qwen's process reward models (`\n\n`).

    Blank lines inside a code fence or display maths (`$$ $$`, `\[ \]`, `\begin{} \end{}`) do not
    cut: half a formula is no step. A block that is never closed protects nothing.
    """

    kind: Literal["blank_line"] = "blank_line"

    def _cuts(self, text: str) -> Iterator[int]:
        return _blank_lines(text)


def _blank_lines(text: str) -> Iterator[int]:
    """Yield the offsets behind blank lines that stand in no block."""
    blocks = _blocks(text)
    begin, end = next(blocks, (len(text), len(text)))
    for match in _BLANK.finditer(text):
        while end <= match.start():
            begin, end = next(blocks, (len(text), len(text)))
            if begin == len(text):
                break
        if match.start() < begin:
            yield match.end()


class Packed(Cutting):
    """Steps end at blank lines, as with `blank_line`, but short ones are packed together.

    For long chains of thought, whose hundreds of short paragraphs would each be a prefix to probe.
    """

    kind: Literal["packed"] = "packed"
    size: int = Field(default=800, ge=1)
    """Characters that a step has at least, but the last one; about four make a token."""

    def _cuts(self, text: str) -> Iterator[int]:
        begin = 0
        for cut in _blank_lines(text):
            if cut - begin >= self.size:
                yield cut
                begin = cut


class Newline(Cutting):
    """Every line is a step, as in Skywork's models and the synthetic problems."""

    kind: Literal["newline"] = "newline"

    def _cuts(self, text: str) -> Iterator[int]:
        return (match.end() for match in re.finditer(r"\n+", text))


_STEP_MARK = re.compile(
    r"""^[ \t]{0,8}(?:\#{1,6}[ \t]{0,4})?(?:\*\*|__)?[ \t]{0,4}
        step[ \t]{0,4}\d{1,4}[ \t]{0,4}(?:[:)\u2013\u2014-]|\.(?!\d)|\*\*|__|\r?$)""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


class StepMarker(Cutting):
    """A step begins at a line that opens with `Step N:`, `**Step N**` or `## Step N:`.

    What stands before the first mark is a step of its own. `Step 2 gives 5` is no mark.
    """

    kind: Literal["step_marker"] = "step_marker"

    def _cuts(self, text: str) -> Iterator[int]:
        return (match.start() for match in _STEP_MARK.finditer(text))


_MARKERS = (
    "Wait", "Alternatively", "Hmm", "Hold on", "But", "However", "Actually", "Let me", "Let's",
    "Another", "So", "Now", "Next", "Therefore", "Thus",
)  # fmt: skip


class MarkerWords(Cutting):
    """A step begins at a line or sentence that opens with a word that turns a thought.

    For chains of thought, which check and correct themselves without a blank line.
    """

    kind: Literal["marker_words"] = "marker_words"
    words: tuple[str, ...] = Field(default=_MARKERS, min_length=1, max_length=200)
    """The words, or several each, as they are spelt there."""
    size: int = Field(default=0, ge=0)
    """Characters that a step has at least, but the last one."""

    def _cuts(self, text: str) -> Iterator[int]:
        begin = 0
        for match in _opening(self.words).finditer(text):
            if match.start() - begin >= max(self.size, 1):
                yield match.start()
                begin = match.start()


@cache
def _opening(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(
        rf"(?:^|(?<=\n)|(?<=[.!?:]\ ))(?:{'|'.join(map(re.escape, longest_first))})\b"
    )


_SENTENCE_END = re.compile(r"""(?P<wide>[。！？]\s*)|[.!?]["'”’)\]]{0,4}\s+|\n\s*""")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|approx|resp|mr|mrs|ms|dr|st|fig|eq|no)$", re.IGNORECASE
)


class Sentence(Cutting):
    """A step ends with a sentence or a line; decimals, `e.g.` and `1.` of a list do not end one.

    Blank lines and stops inside code fences or display maths cut here too: use `blank_line` for
    solutions that contain them.
    """

    kind: Literal["sentence"] = "sentence"

    def _cuts(self, text: str) -> Iterator[int]:
        for match in _SENTENCE_END.finditer(text):
            if match["wide"] or "\n" in match[0] or _ends_sentence(text, match):
                yield match.end()


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Tell whether a full stop followed by blanks ends a sentence."""
    before = text[max(0, match.start() - 10) : match.start()]
    if _ABBREVIATION.search(before) or before.rsplit("\n", 1)[-1].strip().isdigit():
        return False
    return not text[match.end() : match.end() + 1].islower()


class Regex(Cutting):
    """A step ends (or begins) where the user's pattern matches.

    RE2 runs in time linear in the text whatever the pattern, so no completion can make it hang;
    in exchange it has no back-references and no look-around.
    """

    kind: Literal["regex"] = "regex"
    pattern: str = Field(min_length=1, max_length=1_000)
    """RE2 syntax, multi-line mode: `^` and `$` match at every line."""
    cut: Literal["after", "before"] = "after"
    """`after`: the match is a separator; `before`: it is the head of the next step."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            _compiled(pattern)
        except re2.error as error:
            raise ValueError(
                f"pattern={pattern!r} is no RE2 expression ({error}): "
                r"give one such as '\n---\n', without look-around and back-references"
            ) from error
        return pattern

    def _cuts(self, text: str) -> Iterator[int]:
        for match in _compiled(self.pattern).finditer(text):
            yield match.end() if self.cut == "after" else match.start()


@cache
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(f"(?m){pattern}", options)


AnyCutter = Annotated[
    BlankLine | Newline | StepMarker | Sentence | Packed | MarkerWords | Regex,
    Field(discriminator="kind"),
]
"""The splitters that need no model."""

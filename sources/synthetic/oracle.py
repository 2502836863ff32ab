"""The exact step oracle: which steps of a solution are true of the problem.

A step is judged by itself, against the program's exact quantities. It is **right** when all it
says is true: its words name a quantity of the problem (or a sum over a listing of comparable
ones), and every part of its equation is a true account of that quantity, either its value or
its computation with arguments that may themselves be written out. Its place does not matter:
another valid order, a leap over a step, a redundant truth, a restated fact and a correction of
an earlier slip are right. It is **wrong** as

- `arithmetic`: the sides of its equation differ;
- `reference`: a number that is not the value of the quantity it stands for;
- `operation`: another operation than the one that leads to the named quantity;
- `value`: a plain number that is not the named quantity's value;
- `wording`: a true account of another quantity than the one its words name, or words that name
  nothing in this problem;
- `answer`: a line `#### x` whose x is not the gold answer, or is no single number;
- `unparsed`: no statement at all. The world's language is closed, and what is not in it cannot
  be a step of a derivation, so it counts as wrong.

A step without any visible character says nothing and is right. A step of several lines is wrong
as its first wrong line is. What follows a first error is judged in the same way, so a statement
computed faithfully from a wrong value is itself wrong.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from schemas import Problem, SourceError
from sources.synthetic.accounts import accounts_for, accounts_for_sum
from sources.synthetic.equations import Binary, Expression, evaluate, parse_equation
from sources.synthetic.program import MEMBERS, SLOT, Program


class StepVerdict(StrEnum):
    """What the oracle says of one step; everything but RIGHT is an error."""

    RIGHT = "right"
    ARITHMETIC = "arithmetic"
    REFERENCE = "reference"
    OPERATION = "operation"
    VALUE = "value"
    WORDING = "wording"
    ANSWER = "answer"
    UNPARSED = "unparsed"


def first_error(problem: Problem, steps: Sequence[str]) -> int:
    """Return the 0-based index of the first wrong step, -1 if there is none; any text will do."""
    return oracle_of(problem).first_error(steps)


def judge(problem: Problem, steps: Sequence[str]) -> tuple[StepVerdict, ...]:
    """Return the verdict on each step, each judged by itself."""
    oracle = oracle_of(problem)
    return tuple(oracle.judge(step) for step in steps)


def oracle_of(problem: Problem) -> "Oracle":
    """Return the problem's oracle; raises SourceError where the problem carries no program."""
    if problem.program is None:
        raise SourceError(
            f"problem {problem.id} of source {problem.source!r} carries no program: "
            "only problems of the synthetic source have a step oracle"
        )
    return oracle_from(problem.program)


@lru_cache(maxsize=512)
def oracle_from(program: str) -> "Oracle":
    """Return the oracle of a problem whose program this is, as tables keep it."""
    return Oracle(Program.from_json(program))


@dataclass(frozen=True, slots=True)
class Statement:
    """A line taken apart: its words, with the slot, and the parts of its equation."""

    words: str
    parts: tuple[Expression, ...]


class Oracle:
    """Judges the steps of one problem."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._named: dict[str, list[int]] = {}
        for index, quantity in enumerate(program.quantities):
            for wording in quantity.wordings:
                self._named.setdefault(wording.lower(), []).append(index)

    def judge(self, step: str) -> StepVerdict:
        """Return the verdict on one step."""
        for line in step.split("\n"):
            verdict = self._judge_line(_normalise(line))
            if verdict is not StepVerdict.RIGHT:
                return verdict
        return StepVerdict.RIGHT

    def first_error(self, steps: Sequence[str]) -> int:
        """Return the 0-based index of the first wrong step, -1 if there is none."""
        for index, step in enumerate(steps):
            if self.judge(step) is not StepVerdict.RIGHT:
                return index
        return -1

    def named(self, line: str) -> tuple[int, ...]:
        """Return the positions of the quantities that the words of a line name."""
        statement = _read(_normalise(line))
        return tuple(self._named.get(statement.words, ())) if statement else ()

    def _judge_line(self, line: str) -> StepVerdict:
        if not line:
            return StepVerdict.RIGHT
        if line.startswith("####"):
            right = _stated_answer(line) == self.program.answer
            return StepVerdict.RIGHT if right else StepVerdict.ANSWER
        statement = _read(line)
        if statement is None:
            return StepVerdict.UNPARSED
        named = self._named.get(statement.words, [])
        if any(self._accounts(part_of, statement) for part_of in named):
            return StepVerdict.RIGHT
        if self._true_sum(statement):
            return StepVerdict.RIGHT
        return self._fault(statement, named)

    def _accounts(self, index: int, statement: Statement) -> bool:
        return all(accounts_for(self.program, part, index) for part in statement.parts)

    def _true_sum(self, statement: Statement) -> bool:
        return any(
            all(accounts_for_sum(self.program, part, members) for part in statement.parts)
            for members in self._sums(statement.words)
        )

    def _sums(self, words: str) -> list[tuple[int, ...]]:
        """Return the members of every listing that the words could be a sum over."""
        found = []
        for group in self.program.groups:
            members = {name.lower(): index for name, index in group.members}
            for wording in group.wordings:
                listed = _listed(words, wording.lower())
                if len(set(listed)) == len(listed) > 1 and members.keys() >= set(listed):
                    found.append(tuple(members[name] for name in listed))
        return found

    def _fault(self, statement: Statement, named: list[int]) -> StepVerdict:
        """Name what is wrong with a statement that is not right."""
        values = {evaluate(part) for part in statement.parts}
        if len(values) > 1 or None in values:
            return StepVerdict.ARITHMETIC
        computed = [part for part in statement.parts if isinstance(part, Binary)]
        known = bool(named) or bool(self._sums(statement.words))
        if not known or (computed and self._fits_another(statement)):
            return StepVerdict.WORDING
        if not computed:
            return StepVerdict.VALUE
        operations = {self.program.quantities[index].operation for index in named} or {"+"}
        same = computed[0].operation in operations
        return StepVerdict.REFERENCE if same else StepVerdict.OPERATION

    def _fits_another(self, statement: Statement) -> bool:
        return any(
            self._accounts(index, statement)
            for index, quantity in enumerate(self.program.quantities)
            if quantity.args
        )


_CONNECTIVES = re.compile(r"^(?:(?:so|then|now|next|wait|first|finally)\b[,:]?\s+)+")
_EQUATION = re.compile(r"[\d(][\d\s()+\-*/=.]*")
_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-", "·": "*"})


def _normalise(line: str) -> str:
    """Return the line in lower case with single spaces, without connective and final dot."""
    text = " ".join(line.translate(_SIGNS).lower().split())
    return _CONNECTIVES.sub("", text).rstrip(". ")


def _read(line: str) -> Statement | None:
    found = _EQUATION.search(line)
    if found is None:
        return None
    equation = found.group().rstrip(" .")
    before, after = line[: found.start()], line[found.start() + len(equation) :]
    parts = parse_equation(equation)
    if parts is None or any(character.isdigit() for character in after):
        return None
    return Statement(words=f"{before}{SLOT}{after}", parts=parts)


def _stated_answer(line: str) -> Fraction | None:
    stated = re.findall(r"-?[0-9]+(?:\.[0-9]+)?", line.replace(",", ""))
    return Fraction(stated[0]) if len(stated) == 1 and len(stated[0]) < 20 else None


def _listed(words: str, wording: str) -> tuple[str, ...]:
    """Return the names that stand in `words` where `wording` takes a listing; may be empty."""
    before, _, after = wording.partition(MEMBERS)
    if not (words.startswith(before) and words.endswith(after)):
        return ()
    return tuple(re.split(r", | and ", words[len(before) : len(words) - len(after)]))

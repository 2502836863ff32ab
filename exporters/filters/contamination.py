"""Questions that a benchmark asks, too.

The rule is the field's: 13 words in a row in common, or all of a benchmark's question of 8 to 12
(as GPT-3's appendix C, 2005.14165), and, since phrases of that length are common in mathematics
(*m/n, where m and n are relatively prime positive integers*), a longest common subsequence of more
than 0.6 of the shorter question (as Qwen2.5-Math, 2409.12122). A formula counts as one word of the
13: else `a + b + c + d + e = 8` were a phrase of its own. Shorter questions have to be the same.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from exporters.filters.seam import Candidate, Filter, ReadList, Scope, Sieve
from exporters.filters.words import digest, phrase, quantities, shingles, words

_SHORTEST = 8
"""Words of the shortest text that is looked for within others."""
_LONGEST = 10_000
"""Words whose common subsequence is found; a longer text is no question."""


def _each(value: object) -> object:
    """Read one name as a list of one."""
    return (value,) if isinstance(value, str) else value


class Contamination(Filter):
    """Takes out problems that lists which the user names hold, too, e.g. a benchmark's."""

    kind: Literal["contamination"] = "contamination"

    against: Annotated[tuple[str, ...], BeforeValidator(_each)] = Field(min_length=1)
    """Lists of problems: files of any format that a source reads, folders, globs, or hub datasets
    as `hf:org/name` and `ms:org/name`, with `:split` behind it where it is not `test`."""
    column: str | None = None
    """The lists' column of questions, where its name does not tell; `a.b` reaches into a column."""
    ngram: int = Field(default=13, ge=8, le=50)
    """Words in a row that two questions have in common, a formula being one; of a list's shorter
    question all its words, if it has 8."""
    common: float = Field(default=0.6, ge=0, le=1)
    """Share of the shorter question that its longest common subsequence with the other exceeds."""
    numbers: Literal["any", "same"] = "any"
    """`same`: a question with other numbers or operators than the benchmark's is not taken out."""
    solutions: bool = False
    """Take out solutions, too, that have so many words in a row in common with a worked solution of
    a list."""

    @property
    def lists(self) -> tuple[tuple[str, str | None], ...]:
        """The lists it is held against."""
        return tuple((name, self.column) for name in self.against)

    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work."""
        return _Contamination(self, scope)


class Known:
    """Texts of lists, and which of them another text has words in common with."""

    def __init__(self, *, ngram: int, common: float, same_numbers: bool = False) -> None:
        self._ngram, self._common, self._same_numbers = ngram, common, same_numbers
        self._grams: dict[int, list[int]] = {}
        self._whole: dict[str, int] = {}
        self._words: list[list[str]] = []
        self._lists: list[str] = []
        self._sizes: set[int] = set()

    def __len__(self) -> int:
        return len(self._words)

    def add(self, text: str, of: str) -> None:
        """Take in a text of a list."""
        found = words(text)
        if not found or (whole := " ".join(found)) in self._whole:
            return
        place = len(self._words)
        self._whole[whole] = place
        self._words.append(found)
        self._lists.append(of)
        told = phrase(found)
        size = min(len(told), self._ngram)
        if size >= _SHORTEST:
            self._sizes.add(size)
            for gram in {digest(gram) for gram in shingles(told, size)}:
                self._grams.setdefault(gram, []).append(place)

    def source_of(self, text: str) -> str | None:
        """Return the list that has this text, or one it has too much in common with."""
        found = words(text)
        known = self._whole.get(" ".join(found))
        if known is not None:
            return self._lists[known]
        told = phrase(found)
        grams = {digest(gram) for size in self._sizes for gram in shingles(told, size)}
        met = {place for gram in grams for place in self._grams.get(gram, ())}
        for place in sorted(met):
            if self._is_it(found, self._words[place]):
                return self._lists[place]
        return None

    def _is_it(self, found: Sequence[str], known: Sequence[str]) -> bool:
        if self._same_numbers and quantities(found) != quantities(known):
            return False
        found, known = found[:_LONGEST], known[:_LONGEST]
        shorter = min(len(found), len(known))
        return common_subsequence(found, known) > self._common * shorter


def common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, bit-parallel (Hyyrö 2004)."""
    where: dict[str, int] = {}
    for at, word in enumerate(left):
        where[word] = where.get(word, 0) | 1 << at
    every = (1 << len(left)) - 1
    row = every
    for word in right:
        hits = row & where.get(word, 0)
        row = ((row + hits) | (row - hits)) & every
    return len(left) - row.bit_count()


def known_to(settings: Contamination, read_list: ReadList) -> tuple[Known, Known]:
    """Return the questions of the lists that are named, and the solutions if they are asked for."""
    same = settings.numbers == "same"
    questions = Known(ngram=settings.ngram, common=settings.common, same_numbers=same)
    solutions = Known(ngram=settings.ngram, common=0)
    for name, column in settings.lists:
        for reference in read_list(name, column):
            questions.add(reference.question, name)
            if settings.solutions and reference.solution:
                solutions.add(reference.solution, name)
    return questions, solutions


class _Contamination(Sieve):
    def __init__(self, settings: Contamination, scope: Scope) -> None:
        self._questions, self._solutions = known_to(settings, scope.read_list)
        self._problem: str | None = None
        self._found: str | None = None

    def reason(self, candidate: Candidate) -> str | None:
        if candidate.problem.id != self._problem:
            self._problem = candidate.problem.id
            self._found = self._questions.source_of(candidate.problem.question)
        if self._found is not None:
            return f"its question is in {self._found}"
        if len(self._solutions):
            found = self._solutions.source_of("".join(candidate.solution.steps))
            return found and f"its solution is in {found}"
        return None

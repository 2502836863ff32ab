"""Grading a file of pairs: the work of `stepmint verify`."""

import itertools
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from schemas import FAILED, Outcome, Verdict, VerifierError
from tasks.pairs import BadRow, Cells, read_pairs, row_writer
from verification.cascade import Cascade
from verification.finding.choices import chosen
from verification.finding.extraction import Extraction
from verification.finding.worded import is_prose
from verification.settings import VerificationSettings

Answers = Literal["auto", "bare", "completion"]
"""What predictions are: bare answers, whole completions, or either, told apart row by row."""

CHUNK = 200
"""Rows that a process grades at a time."""
MAX_REPORTED = 20
"""Bad rows whose reasons a summary keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Names of the columns that are read."""

    gold: str = "gold"
    prediction: str = "prediction"
    expected: str = "expected"
    """True where the prediction is known to be correct; may be absent."""
    finish: str = "finish_reason"
    """`length` or false where the prediction was cut at a token limit; may be absent."""
    source: str = "source"
    """In auto, `SET:answer` and `SET:completion` say what a prediction is, as do `answer` and
    `completion` in a column `mode`; both may be absent."""


@dataclass(slots=True, kw_only=True)
class Summary:
    """What became of a file of pairs."""

    rows: int = 0
    """Rows graded."""
    bad: int = 0
    bad_rows: list[tuple[int, str]] = field(default_factory=list)
    """Line and reason of the first bad rows."""
    outcomes: Counter[str] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    confusion: Counter[tuple[bool, str]] = field(default_factory=Counter)
    """(expected, verdict) -> rows; empty where no row says what is expected."""
    seconds: float = 0.0
    """Wall time."""

    @property
    def false_accepts(self) -> int:
        """Rows judged correct that are expected not to be."""
        return self.confusion[False, Outcome.CORRECT]

    @property
    def false_rejects(self) -> int:
        """Rows expected to be correct that were judged anything decided but correct."""
        return sum(self.confusion[True, outcome] for outcome in FAILED)

    def add(self, graded: "Graded") -> None:
        """Count one row."""
        if isinstance(graded.verdict, BadRow):
            self.bad += 1
            if len(self.bad_rows) < MAX_REPORTED:
                self.bad_rows.append((graded.line, graded.verdict.reason))
            return
        self.rows += 1
        self.outcomes[graded.verdict.outcome] += 1
        self.stages[graded.verdict.stage] += 1
        self.rules[graded.verdict.rule or "none"] += 1
        if graded.expected is not None:
            self.confusion[graded.expected, graded.verdict.outcome] += 1


@dataclass(frozen=True, slots=True)
class Graded:
    """One row with its verdict."""

    line: int
    row: Cells | None
    verdict: Verdict | BadRow
    expected: bool | None
    ms: float
    """CPU time, a worker's included: it does not depend on how busy the machine is."""

    def columns(self) -> Cells | None:
        """Return the row with the verdict's columns; None for a line that is no row at all."""
        if self.row is None:
            return None
        if isinstance(self.verdict, BadRow):
            return {**self.row, "verdict": None, "extracted": None, "rule": "", "stage": "",
                    "reason": f"bad row: {self.verdict.reason}", "ms": 0.0}  # fmt: skip
        return {**self.row, "verdict": self.verdict.outcome.value,
                "extracted": self.verdict.extracted, "rule": self.verdict.rule,
                "stage": self.verdict.stage, "reason": self.verdict.reason,
                "ms": self.ms}  # fmt: skip


def grade_file(
    path: Path,
    output: Path | None = None,
    settings: VerificationSettings | None = None,
    *,
    columns: Columns | None = None,
    answers: Answers = "auto",
    workers: int = 1,
) -> Summary:
    """Grade every pair of a file, in order, and write the same rows with verdicts to `output`.

    `workers` processes grade at a time. Bad rows are counted and reported by line, never raised.
    Raises ConfigError where a file cannot be read or written as named.
    """
    settings = settings or VerificationSettings()
    grader = partial(_grade_chunk, columns=columns or Columns(), answers=answers)
    summary, started = Summary(), time.perf_counter()
    chunks = _chunks(read_pairs(path))
    with row_writer(output) as write:
        grade = _in_process if workers == 1 else partial(_in_processes, workers=workers)
        for graded in itertools.chain.from_iterable(grade(chunks, settings, grader)):
            summary.add(graded)
            row = graded.columns()
            if row is not None:
                write(row)
    summary.seconds = time.perf_counter() - started
    return summary


_Chunk = list[tuple[int, Cells | BadRow]]


def _chunks(rows: Iterable[tuple[int, Cells | BadRow]]) -> Iterator[_Chunk]:
    rows = iter(rows)
    while chunk := list(itertools.islice(rows, CHUNK)):
        yield chunk


def _in_process(
    chunks: Iterator[_Chunk], settings: VerificationSettings, grader: "partial[list[Graded]]"
) -> Iterator[list[Graded]]:
    cascade = settings.cascade()
    try:
        for chunk in chunks:
            yield grader(cascade, chunk)
    finally:
        cascade.close()


def _in_processes(
    chunks: Iterator[_Chunk],
    settings: VerificationSettings,
    grader: "partial[list[Graded]]",
    *,
    workers: int,
) -> Iterator[list[Graded]]:
    """Grade chunks in `workers` processes, at most a few chunks ahead, and keep their order."""
    ahead: deque[Future[list[Graded]]] = deque()
    own = settings.model_copy(update={"workers": 1})
    with ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_start, initargs=(own,)
    ) as pool:
        try:
            for chunk in chunks:
                ahead.append(pool.submit(_grade_there, grader, chunk))
                if len(ahead) >= 3 * workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        except BrokenProcessPool as error:
            raise VerifierError(
                f"one of {workers} grading processes was killed from outside, perhaps for lack "
                "of memory: run with fewer workers"
            ) from error


_here: list[Cascade] = []
"""The cascade of a grading process; its guarded worker ends with the process, by end of input."""


def _start(settings: VerificationSettings) -> None:
    _here.append(settings.cascade())


def _grade_there(grader: "partial[list[Graded]]", chunk: _Chunk) -> list[Graded]:
    return grader(_here[0], chunk)


def _grade_chunk(
    cascade: Cascade, chunk: _Chunk, *, columns: Columns, answers: Answers
) -> list[Graded]:
    return [_grade_row(cascade, line, row, columns, answers) for line, row in chunk]


def _grade_row(
    cascade: Cascade, line: int, row: Cells | BadRow, columns: Columns, answers: Answers
) -> Graded:
    if isinstance(row, BadRow):
        return Graded(line, row.cells, row, None, 0.0)
    gold, text = _as_text(row.get(columns.gold)), _as_text(row.get(columns.prediction, 0))
    if not gold or text is None or columns.prediction not in row:
        missing = columns.prediction if gold else columns.gold
        return Graded(line, row, BadRow(f"no text in column {missing!r}"), None, 0.0)
    finished = row.get(columns.finish) not in ("length", False, "false", "False")
    started = time.thread_time() + cascade.worker_seconds
    found = _find(cascade, text, _kind(row, columns, answers), finished)
    verdict = cascade.judge_extracted(gold, found, finished)
    ms = round((time.thread_time() + cascade.worker_seconds - started) * 1000, 3)
    return Graded(line, row, verdict, _as_bool(row.get(columns.expected)), ms)


def _find(cascade: Cascade, text: str, kind: Answers, finished: bool) -> Extraction:
    if kind == "bare":
        return Extraction(chosen(text), "bare") if text.strip() else Extraction(None, "")
    found = cascade.extract(text, finished=finished)
    if found.answer is not None or kind != "auto" or not finished:
        return found
    return Extraction(text, "bare") if text.strip() and not is_prose(text) else found


def _kind(row: Cells, columns: Columns, answers: Answers) -> Answers:
    if answers != "auto":
        return answers
    told = str(row.get(columns.source) or row.get("mode", "")).rpartition(":")[2]
    kinds: dict[str, Answers] = {"answer": "bare", "completion": "completion"}
    return kinds.get(told, "auto")


def _as_text(value: object) -> str | None:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
    return None


def _as_bool(value: object) -> bool | None:
    match value:
        case bool() | None:
            return value
        case 0 | 1:
            return bool(value)
        case str():
            words = {"true": True, "correct": True, "1": True}
            return words.get(value.lower(), False if value else None)
    return None

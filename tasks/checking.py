"""What can be told of a run before a token is spent, part by part, within seconds."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from exporters import Exporter
from policies import AnyPolicy
from rollouts import load_template
from schemas import ChatPrompt, Problem, RejectedRow, SourceError, StepmintError
from sources.reading import Reading
from tasks import run_file
from tasks.contradictions import contradicted
from tasks.lists import read_list
from tasks.problems import preflight, rows_of
from tasks.settings import LabelRun
from tasks.tokenizer import TrainerTokenizer

State = Literal["well", "doubtful", "bad"]
_REASONS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one part of a run."""

    part: str
    """Of the configuration, e.g. `source`."""
    state: State
    told: str
    details: tuple[str, ...] = ()
    text: str = ""
    """What the policy will read, as it is."""


async def examined(run: LabelRun, *, rows: int) -> AsyncIterator[Found]:
    """Yield what is found of a run's parts; nothing is written, loaded or sampled."""
    yield _folder(run)
    problems, found = await _source(run, rows)
    yield found
    yield _prompt(run, problems)
    for policy in run.policies:
        yield await _policy("policy" if policy is run.policy else "segmenter", policy)
    for found in _exports(run):
        yield found


def _folder(run: LabelRun) -> Found:
    try:
        return Found("run", "well", run_file.standing(run))
    except StepmintError as error:
        return Found("run", "bad", str(error))


async def _source(run: LabelRun, rows: int) -> tuple[list[Problem], Found]:
    """Read the source's first rows, and look at their golds as the run will."""
    try:
        reading = Reading()
        read = await asyncio.to_thread(_read, run, rows, reading)
    except StepmintError as error:
        return [], Found("source", "bad", str(error))
    problems = [row for row in read if isinstance(row, Problem)]
    rejected = [row for row in read if isinstance(row, RejectedRow)]
    aside = await _set_aside(run, problems)
    counted = f"{len(read):,} rows: {len(problems):,} problems"
    more = "" if len(read) < rows else "; there may be more rows"
    details = [
        *(line for line in reading.record.lines() if not line.startswith("rejected")),
        *_counted("rejected", [row.reason for row in rejected]),
        *_counted("set aside, gold answer", list(aside.values())),
    ]
    fit = len(problems) - len(aside)
    if not fit:
        return problems, Found("source", "bad", f"{counted}, none to label", tuple(details))
    doubtful = fit * 2 < len(read)
    told = f"{counted}, {fit:,} to label{more}"
    return problems, Found("source", "doubtful" if doubtful else "well", told, tuple(details))


def _read(run: LabelRun, rows: int, reading: Reading) -> list[Problem | RejectedRow]:
    read = list(islice(rows_of(run, reading), rows))
    if not any(isinstance(row, Problem) for row in read):
        first = next((f": {row.reason}" for row in read if isinstance(row, RejectedRow)), "")
        raise SourceError(
            f"none of the first {len(read)} rows is a problem{first}; name the columns of question "
            "and answer in the source's settings (source.columns.problem, source.columns.answer)"
        )
    return read


async def _set_aside(run: LabelRun, problems: Sequence[Problem]) -> dict[str, str]:
    """Return why golds cannot be judged against, by problem."""
    async with run.verification.open() as verifier:
        reasons = await preflight(verifier, problems)
    told = zip(problems, reasons, strict=True)
    clashes = contradicted(problems, run.verification.conventions)
    return clashes | {problem.id: reason for problem, reason in told if reason}


def _counted(what: str, reasons: Sequence[str]) -> Iterator[str]:
    """Yield the commonest kinds of reasons, what stands before a colon, with an example each."""
    kinds = Counter(reason.partition(":")[0].partition(" (")[0] for reason in reasons)
    for kind, count in kinds.most_common(_REASONS):
        example = next(reason for reason in reasons if reason.startswith(kind))
        yield f"{what} {count:,}: {example}"
    if rest := sum(count for _, count in kinds.most_common()[_REASONS:]):
        yield f"{what} {rest:,} for other reasons"


def _prompt(run: LabelRun, problems: Sequence[Problem]) -> Found:
    form = run.verification.answer_format.kind
    told = f"{run_file.prompt_version(run)}, answers read as {form}, steps by {run.splitter.kind}"
    if not problems:
        return Found("prompt", "doubtful", told)
    prompt = load_template(run.prompt).render(problems[0])
    turns = (
        "\n\n".join(f"[{turn.role}]\n{turn.content}" for turn in prompt.messages)
        if isinstance(prompt, ChatPrompt)
        else prompt.text
    )
    gold = f"the first problem, {problems[0].id}, gold `{problems[0].answer}`"
    return Found("prompt", "well", told, (gold,), turns)


async def _policy(part: str, policy: AnyPolicy) -> Found:
    try:
        found = await policy.examine()
    except StepmintError as error:
        return Found(part, "bad", str(error))
    first, *more = found.told
    return Found(part, "doubtful" if found.doubtful else "well", first, tuple(more))


def _exports(run: LabelRun) -> Iterator[Found]:
    if not run.exports:
        yield Found("exports", "well", "none at the run's end; `stepmint export` writes them later")
    for exporter in run.exports:
        try:
            if exporter.tokenizer:
                TrainerTokenizer.load(exporter.tokenizer)
            lists = tuple(_lists(exporter))
        except StepmintError as error:
            yield Found("exports", "bad", str(error))
        else:
            yield Found("exports", "well", f"{exporter.name}, at the run's end", lists)


def _lists(exporter: Exporter) -> Iterator[str]:
    """Read the lists that an export's filters will read, and say what is in them."""
    for one in exporter.filters:
        for name, column in one.lists:
            count = sum(1 for _ in read_list(name, column))
            yield f"filter {one.kind}: {count:,} questions in {name}"

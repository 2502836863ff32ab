"""The dataset card of a published run: what the rows are, how they were made, what they are not."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import yaml

from reports.summary import RunSummary
from reports.text import one_line, plain
from schemas import LabelledSolution, Outcome
from schemas.rows import SolutionRow

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_TABLES = {
    "solutions": "the training table: a labelled solution per row, with its problem",
    "problems": "every problem, with the reason where it was set aside",
    "nodes": "every sampled prefix with its evidence",
    "rollouts": "every completion with its verdict",
}
_COLUMNS = {
    "problem_id": "source and content hash: equal content, equal id",
    "question, answer": "the problem and its gold final answer",
    "steps": "the solution's steps; joined, they are its text to the byte",
    "given_id": "the id a given solution came with; null where the policy wrote it",
    "outcome": "the verdict on the solution's own final answer",
    "first_error": "0-based index of the first wrong step; -1: none; null: the labeler abstained",
    "evidence": "per step, the verdicts counted over rollouts of the prefix that ends with it, "
    "and the rule that stopped sampling",
    "stated": "per step, the label, the words and the reason of a set that others made; empty "
    "where the labels are our own",
    "root": "the same at the empty prefix: how hard the problem is for this policy",
    "posterior": "P(first error = each step, none), where the labeler computes it",
    "policy, prompt, temperature, top_p, top_k, max_tokens, stop, seed, config": "provenance",
}
_CONVENTION = """\
*Correct*: the final answer equals the gold one. *Incorrect*: an answer, and it differs. *No
answer*: the completion ended by itself without one; it counts as a failure. *Truncated* (cut at
`max_tokens`) and *undecided* (the verifier could not tell) are recorded and count as nothing.

Labels are views of these counts. The hard label of a step is true if any rollout from it was
correct. The ratio of correct to decided rollouts is an unbiased estimate under the stop rules
`fixed` and `terminal` only; under `first_success` it is biased upward, the likelihood is not."""
_LIMITS = """\
- A label says whether this policy could still reach the gold answer from a prefix. That is not
  the same as correctness: a lucky guess makes a wrong step look right, a weak policy a right one
  wrong.
- Steps are judged by final answers, compared symbolically, and by what `checks` and `readings` hold
  where they are not empty; nobody has marked them. A wrong gold answer inverts its labels.
- Solutions are model output. Nobody has read them all."""
_STATED = """\
`stated` has, per step, the label as a number (1 right, 0 wrong, null nothing or neutral), the set's
own words, and its reason where it gives one. `evidence`, `root`, `nodes` and `rollouts` are empty.
`first_error` is set where these statements decide it."""
_LIMITS_OF_IMPORTS = """\
- The labels are as good as the set they are of; stepmint checked none of them. Sets that state the
  first error alone say nothing of what follows it.
- The set's own licence and terms hold for these rows."""
_LOADERS = {
    "hf": 'from datasets import load_dataset\n\nload_dataset("{name}", "solutions")',
    "ms": "from modelscope.msdatasets import MsDataset\n\n"
    'MsDataset.load("{name}", subset_name="solutions")',
}
_DEMO = """\
> **Demo data.** Made by stepmint's demo policy, a tiny model trained to make mistakes on
> synthetic problems. It shows the format. Do not train a real model on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardExport:
    """An export that lies beside the tables."""

    name: str
    separator: str
    rows: Mapping[str, int]
    refused: Mapping[str, int]
    filtered: Sequence[tuple[str, int]] = ()
    """The kind of each filter, in order, with the solutions that it took out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What a card needs beyond the counts."""

    title: str
    """The dataset's name on the hub: `org/name`."""
    hub: Literal["hf", "ms"]
    license: str
    """An identifier of the hub's list, e.g. `mit`; `other` leaves it open."""
    demo: bool
    """Whether the demo policy made it."""
    configuration: Mapping[str, object]
    """The settings that shaped the rows, as `run.json` has them."""
    exports: Sequence[CardExport]
    example: SolutionRow | None


def dataset_card(summary: RunSummary, facts: CardFacts) -> str:
    """Return README.md: a YAML header that the hub and `datasets` read, then text for people."""
    parts = [
        f"---\n{_yaml(_header(summary, facts))}---",
        f"# {plain(facts.title)}",
        *([_DEMO] if facts.demo else []),
        *_partial(summary),
        _opening(summary),
        _code(_LOADERS[facts.hub].format(name=facts.title)),
        "## What it holds",
        _table(("configuration", "rows are"), _holdings(facts)),
        _table(("column of `solutions`", "meaning"), _COLUMNS.items()),
        "## How the labels were made",
        _making(summary),
        _STATED if summary.imported else _CONVENTION,
        *_settings(facts.configuration),
        "## Counts and cost",
        _table(("what", "how many"), _counts(summary)),
        *_example(facts.example),
        "## Limits",
        _LIMITS_OF_IMPORTS if summary.imported else _LIMITS,
    ]
    return "\n\n".join(parts) + "\n"


def _header(summary: RunSummary, facts: CardFacts) -> dict[str, object]:
    configs: list[dict[str, object]] = [
        {
            "config_name": table,
            **({"default": True} if table == "solutions" else {}),
            "data_files": [{"split": "train", "path": f"{table}/*.parquet"}],
        }
        for table in _TABLES
    ]
    configs += [
        {
            "config_name": export.name,
            "data_files": [
                {"split": split, "path": f"exports/{export.name}/{split}.parquet"}
                for split in export.rows
            ],
        }
        for export in facts.exports
    ]
    tags = ["process-reward-model", "math", "stepmint", *(["demo"] if facts.demo else [])]
    return {
        "pretty_name": plain(facts.title),
        "license": facts.license,
        "task_categories": ["token-classification", "text-generation"],
        "size_categories": [_size(summary.solutions)],
        "tags": tags,
        "configs": configs,
    }


def _partial(summary: RunSummary) -> list[str]:
    if not summary.unlabelled:
        return []
    whole = summary.unlabelled + summary.problems
    return [
        f"> **Partial.** {summary.problems:,} of {whole:,} problems are labelled; the run goes on."
    ]


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "n>10M")


def _opening(summary: RunSummary) -> str:
    sources = ", ".join(f"{_prose(name)} ({count:,})" for name, count in summary.sources.items())
    return (
        f"Step labels for process reward models: {summary.solutions:,} solutions with "
        f"{summary.steps:,} steps to {summary.problems:,} problems of {sources}. "
        "Made with stepmint."
    )


def _holdings(facts: CardFacts) -> Iterable[tuple[str, str]]:
    for table, meaning in _TABLES.items():
        yield f"`{table}`", meaning
    for export in facts.exports:
        rows = ", ".join(f"{count:,} {split}" for split, count in export.rows.items())
        left_out = sum(export.refused.values())
        marked = f"; step separator {_span(repr(export.separator))}" if export.separator else ""
        filters = ", ".join(f"{_span(kind)} {count:,}" for kind, count in export.filtered)
        filtered = f"; taken out by filters: {filters}" if filters else ""
        yield (
            _span(export.name),
            f"training rows ({rows}; {left_out:,} left out, see `export.json`"
            f"{filtered}){marked}",
        )


def _making(summary: RunSummary) -> str:
    made = summary.provenance
    if made is None:
        return "No solution was labelled."
    sampling = made.sampling
    if sampling is None or summary.imported is not None:
        told = summary.imported
        how = f" from rows of the form {_span(told.format)}" if told else ""
        who = f" Who labelled it: {_prose(told.labels)}." if told else ""
        return f"They are not ours, but those of a set that others made, imported{how}.{who}"
    wrote = "wrote the solutions and continued their prefixes"
    if summary.given:
        wrote = f"continued the prefixes of solutions, of which {summary.given:,} were given to it"
    return (
        f"The policy {_span(made.policy)} {wrote} "
        f"(prompt {_span(made.prompt)}, temperature {sampling.temperature:g}, top-p "
        f"{sampling.top_p:g}, at most {sampling.max_tokens} tokens, seed {made.seed}). "
        f"The labeler {_span(', '.join(summary.labelers))} decided which prefixes to sample. "
        f"Rows of one configuration share `config` = {_span(made.config)}."
    )


def _settings(configuration: Mapping[str, object]) -> list[str]:
    return [_code(_yaml(configuration).rstrip(), "yaml")] if configuration else []


def _counts(summary: RunSummary) -> Iterable[tuple[str, str]]:
    yield "problems", f"{summary.problems:,}"
    for reason, count in sorted(summary.set_aside.items()):
        yield f"set aside: {_prose(reason)}", f"{count:,}"
    for reason, count in sorted(summary.rejected.items()):
        yield f"rows that are no problems: {_prose(reason)}", f"{count:,}"
    yield "solutions", f"{summary.solutions:,}"
    yield "with the first error located", f"{summary.with_error:,}"
    yield "without error", f"{summary.without_error:,}"
    yield "abstained", f"{summary.abstained:,}"
    yield "steps", f"{summary.steps:,}"
    if summary.imported:
        return
    for rule, count in sorted(summary.stop_rules.items()):
        yield f"steps sampled by rule `{rule}`", f"{count:,}"
    yield "rollouts", f"{summary.rollouts:,}"
    for outcome in Outcome:
        yield (
            f"rollouts: {outcome.value.replace('_', ' ')}",
            f"{summary.outcomes.get(outcome, 0):,}",
        )
    for name, count in summary.tokens.items():
        yield name.replace("_", " "), f"{count:,}"


def _example(row: SolutionRow | None) -> list[str]:
    if row is None:
        return []
    lines = [one_line(row.problem.question, 600), "", *_step_lines(row.solution)]
    return ["## One solution", _code("\n".join(lines), "text")]


_STATED_MARKS: Mapping[float | None, str] = {1.0: "+", 0.0: "-", None: "."}


def _step_lines(solution: LabelledSolution) -> Iterable[str]:
    pairs = zip(solution.steps, solution.evidence, strict=True)
    for index, (step, evidence) in enumerate(pairs):
        mark = "  <- first error" if index == solution.first_error else ""
        counts = f"{evidence.correct}/{evidence.decided}"
        if solution.stated:
            counts = _STATED_MARKS.get(solution.stated[index].label, "~")
        yield f"{index:>2}  {counts:>6}  {one_line(step, 120)}{mark}"


def _table(header: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {header[0]} | {header[1]} |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {_cell(left)} | {_cell(right)} |" for left, right in rows)])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _span(text: str) -> str:
    """Return a code span that nothing inside can close."""
    shown = one_line(text)
    fence = "`" * max([1, *(len(run) + 1 for run in re.findall(r"`+", shown))])
    pad = " " if "`" in shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _prose(text: str) -> str:
    """Return text in which nothing is Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]()<>!#&~])", r"\\\1", one_line(text))


def _code(text: str, language: str = "python") -> str:
    """Return a fenced block that nothing inside can close."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`{3,}", text))])
    return f"{fence}{language}\n{text}\n{fence}"


def _yaml(values: Mapping[str, object]) -> str:
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=1000)

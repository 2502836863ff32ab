"""The dataset card of a published run: what the rows are, how they were made, what they are not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Literal

from reports.card_figures import figures, truth_section
from reports.markdown import as_yaml, code, prose, span, table
from reports.summary import RunSummary
from reports.text import one_line, plain
from reports.truth import Truth
from schemas import LabelledSolution, Outcome
from schemas.rows import SolutionRow

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
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
  where they are not empty. A wrong gold answer inverts its labels.
- Solutions are model output. Nobody has read them all."""
_STATED = """\
`stated` has, per step, the label as a number (1 right, 0 wrong, null nothing or neutral), the set's
own words, and its reason where it gives one. `evidence`, `root`, `nodes` and `rollouts` are empty.
`first_error` is set where these statements decide it."""
_LIMITS_OF_IMPORTS = """\
- The labels are as good as the set they are of; stepmint checked none of them. Sets that state the
  first error alone say nothing of what follows it.
- The set's own licence and terms hold for these rows."""
_UNMARKED = "- Nobody has marked the steps: how true the labels are is not known."
_LOADERS = {
    "hf": "from datasets import load_dataset\n\n"
    'solutions = load_dataset("{name}", "solutions", split="train")',
    "ms": "from modelscope.msdatasets import MsDataset\n\n"
    'solutions = MsDataset.load("{name}", subset_name="solutions", split="train")',
}
_ROWS = {
    "hf": 'rows = load_dataset("{name}", "{export}")',
    "ms": 'rows = MsDataset.load("{name}", subset_name="{export}")',
}
_COPIES = {
    "hf": "hf download {name} --repo-type dataset --local-dir {folder}",
    "ms": "modelscope download --dataset {name} --local_dir {folder}",
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
    columns: Sequence[str]
    filtered: Sequence[tuple[str, int]] = ()
    """The kind of each filter, in order, with the solutions that it took out."""
    usage: str = ""
    """How a trainer takes `rows`, as Python; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLicence:
    """Under which licence the problems of a source are given."""

    source: str
    name: str
    """Empty where it is not known."""
    read_in: str


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
    languages: Sequence[str] = ()
    """Of the problems, as hubs spell them; none where they are not known."""
    licences: Sequence[CardLicence] = ()
    """Of the problems, by their sources."""
    truth: Truth | None = None
    """How true the labels are, where that is known."""
    deep: bool = False
    """Whether some shards lie in folders below their table's."""


def dataset_card(summary: RunSummary, facts: CardFacts) -> str:
    """Return README.md: a YAML header that the hub and `datasets` read, then text for people."""
    parts = [
        f"---\n{as_yaml(_header(summary, facts))}---",
        f"# {plain(facts.title)}",
        *([_DEMO] if facts.demo else []),
        *_partial(summary),
        _opening(summary),
        *_loading(facts),
        "## What it holds",
        table(("configuration", "rows", "what they are"), _holdings(summary, facts)),
        *_left_out(facts.exports),
        table(("column of `solutions`", "meaning"), ((f"`{n}`", m) for n, m in _COLUMNS.items())),
        "## How the labels were made",
        _making(summary),
        _STATED if summary.imported else _CONVENTION,
        *_settings(facts.configuration),
        *truth_section(facts.truth),
        "## What came out",
        *figures(summary),
        *_example(facts.example),
        *_training(facts),
        "## Limits",
        "\n".join(_limits(summary, facts)),
        "## Licence",
        "\n\n".join(_licence(facts)),
    ]
    return "\n\n".join(parts) + "\n"


def _header(summary: RunSummary, facts: CardFacts) -> dict[str, object]:
    configs: list[dict[str, object]] = [
        {
            "config_name": name,
            **({"default": True} if name == "solutions" else {}),
            "data_files": [{"split": "train", "path": _paths(name, deep=facts.deep)}],
        }
        for name in _TABLES
    ]
    configs += [
        {
            "config_name": export.name,
            "data_files": [
                {"split": split, "path": f"exports/{export.name}/{split}.parquet"}
                for split, count in export.rows.items()
                if count
            ],
        }
        for export in facts.exports
    ]
    tags = ["process-reward-model", "math", "stepmint", *(["demo"] if facts.demo else [])]
    return {
        "pretty_name": plain(facts.title),
        **({"language": list(facts.languages)} if facts.languages else {}),
        "license": facts.license,
        "task_categories": ["token-classification", "text-generation"],
        "size_categories": [_size(summary.solutions)],
        "tags": tags,
        "configs": configs,
    }


def _paths(name: str, *, deep: bool) -> str | list[str]:
    path = f"{name}/*.parquet"
    return [path, f"{name}/*/*.parquet"] if deep else path


def _partial(summary: RunSummary) -> list[str]:
    if not summary.unlabelled:
        return []
    whole = summary.unlabelled + summary.problems
    return [
        f"> **Partial.** {summary.problems:,} of {whole:,} problems are labelled; the run goes on."
    ]


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "1B<n<10B")


def _opening(summary: RunSummary) -> str:
    sources = ", ".join(f"{prose(name)} ({count:,})" for name, count in summary.sources.items())
    return (
        f"Step labels for process reward models: {summary.solutions:,} solutions with "
        f"{summary.steps:,} steps to {summary.problems:,} problems of {sources}. "
        "Made with stepmint."
    )


def _loading(facts: CardFacts) -> Iterable[str]:
    """Yield how the tables are loaded, and how stepmint reads a copy of the whole."""
    fitted = {"name": facts.title, "folder": f"output/{facts.title.rpartition('/')[2]}"}
    lines = [_LOADERS[facts.hub].format(**fitted)]
    lines += [_ROWS[facts.hub].format(**fitted, export=one.name) for one in facts.exports[:1]]
    yield code("\n".join(lines))
    yield (
        "Each version has a tag: name one as `revision` for rows that stay the same. A copy of "
        "the whole is a run's folder that stepmint reads:"
    )
    copy = _COPIES[facts.hub].format(**fitted)
    show = "stepmint show {folder}\nstepmint export {folder} --format trl".format(**fitted)
    yield code(f"{copy}\n{show}", "sh")


def _training(facts: CardFacts) -> Iterable[str]:
    """Yield how a trainer takes the rows of each export."""
    used = [export for export in facts.exports if export.usage]
    if used:
        yield "## Training on it"
    for export in used:
        rows = _ROWS[facts.hub].format(name=facts.title, export=export.name)
        yield f"With {span(export.name)}:"
        yield code(f"{rows}\n\n{export.usage}")


def _holdings(summary: RunSummary, facts: CardFacts) -> Iterable[tuple[str, str, str]]:
    counts_of = {
        "solutions": f"{summary.solutions:,}",
        "problems": f"{summary.problems:,}",
        "nodes": f"{summary.nodes:,}",
        "rollouts": f"{summary.rollouts:,}",
    }
    for name, meaning in _TABLES.items():
        yield span(name), counts_of[name], meaning
    for export in facts.exports:
        counts = ", ".join(f"{count:,} {split}" for split, count in export.rows.items())
        columns = ", ".join(map(span, export.columns))
        marked = f"; step separator {span(repr(export.separator))}" if export.separator else ""
        yield span(export.name), counts, f"training rows: {columns}{marked}"


def _left_out(exports: Sequence[CardExport]) -> list[str]:
    rows = [
        (span(export.name), f"{count:,}", prose(reason))
        for export in exports
        for reason, count in (
            *export.refused.items(),
            *((f"filter {kind}", count) for kind, count in export.filtered),
        )
        if count
    ]
    return [table(("configuration", "left out", "why"), rows)] if rows else []


def _making(summary: RunSummary) -> str:
    made = summary.provenance
    if made is None:
        return "No solution was labelled."
    sampling = made.sampling
    if sampling is None or summary.imported is not None:
        told = summary.imported
        how = f" from rows of the form {span(told.format)}" if told else ""
        who = f" Who labelled it: {prose(told.labels)}." if told else ""
        return f"They are not ours, but those of a set that others made, imported{how}.{who}"
    wrote = "wrote the solutions and continued their prefixes"
    if summary.given:
        wrote = f"continued the prefixes of solutions, of which {summary.given:,} were given to it"
    return (
        f"The policy {span(made.policy)} {wrote} "
        f"(prompt {span(made.prompt)}, temperature {sampling.temperature:g}, top-p "
        f"{sampling.top_p:g}, at most {sampling.max_tokens} tokens, seed {made.seed}). "
        f"The labeler {span(', '.join(summary.labelers))} decided which prefixes to sample. "
        f"Rows of one configuration share `config` = {span(made.config)}."
    )


def _settings(configuration: Mapping[str, object]) -> list[str]:
    if not configuration:
        return []
    return [
        "Settings, the most telling of those in `run.json`:",
        code(as_yaml(_brief(configuration)).rstrip(), "yaml"),
    ]


def _brief(settings: Mapping[str, object]) -> dict[str, object]:
    """Return settings as few as tell what was done: of the verifier how answers are read."""
    shown: dict[str, object] = {}
    for key, value in settings.items():
        told = _brief(value) if isinstance(value, Mapping) else value
        if key == "verification" and isinstance(told, Mapping):
            told = {name: told[name] for name in ("answer_format",) if name in told}
        if told is not None and told not in ({}, [], ""):
            shown[key] = told
    return shown


def _example(row: SolutionRow | None) -> list[str]:
    if row is None:
        return []
    question = fill(one_line(row.problem.question, 600), width=100)
    lines = [question, "", *_step_lines(row.solution)]
    said = "Behind each step's number: right rollouts of those decided."
    if row.solution.stated:
        said = "Behind each step's number: + right, - wrong, ~ between, . nothing stated."
    return ["## One solution", said, code("\n".join(lines), "text")]


_STATED_MARKS: Mapping[float | None, str] = {1.0: "+", 0.0: "-", None: "."}


def _step_lines(solution: LabelledSolution) -> Iterable[str]:
    pairs = zip(solution.steps, solution.evidence, strict=True)
    for index, (step, evidence) in enumerate(pairs):
        mark = "  <- first error" if index == solution.first_error else ""
        counts = f"{evidence.correct}/{evidence.decided}"
        if solution.stated:
            counts = _STATED_MARKS.get(solution.stated[index].label, "~")
        yield f"{index:>2}  {counts:>6}  {one_line(step, 120)}{mark}"


def _limits(summary: RunSummary, facts: CardFacts) -> Iterable[str]:
    """Yield what was measured of this very run first, then what holds of all."""
    for outcome, why in (
        (Outcome.TRUNCATED, "cut at `max_tokens`"),
        (Outcome.UNDECIDED, "left undecided by the verifier"),
    ):
        if count := summary.outcomes.get(outcome, 0):
            yield (
                f"- {count:,} of {summary.rollouts:,} rollouts ({count / summary.rollouts:.1%}) "
                f"were {why} and count as nothing."
            )
    if aside := sum(summary.set_aside.values()):
        yield (
            f"- {aside:,} of {summary.problems:,} problems ({aside / summary.problems:.1%}) were "
            "set aside and have no solutions here: what is left is no fair sample of the source."
        )
    if summary.abstained:
        yield (
            f"- Of {summary.abstained:,} of {summary.solutions:,} solutions "
            f"({summary.abstained / summary.solutions:.1%}) no first error is known: "
            "`first_error` is null there."
        )
    if summary.imported:
        yield _LIMITS_OF_IMPORTS
        return
    if facts.truth is None:
        yield _UNMARKED
    yield _LIMITS


def _licence(facts: CardFacts) -> Iterable[str]:
    said = "leaves it open" if facts.license == "other" else "gives it under"
    named = "" if facts.license == "other" else f" {span(facts.license)}"
    yield f"Whoever published this dataset {said}{named}. The problems in it have their own terms:"
    rows = [
        (prose(one.source), prose(one.name) or "not stated", prose(one.read_in))
        for one in facts.licences
    ]
    yield table(("problems of", "licence", "read in"), rows)
    yield "Solutions were written by models, whose makers' terms may concern their output."

"""The figures of a run's page, from its summary: each says what it was counted from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow.compute as pc

from pages.charts import Chart, Count, Tone, bars
from pages.links import Links
from reports.exported import Exported, exported
from reports.facts import ShardFacts
from reports.summary import BINS, RunSummary
from reports.text import compact, many, one_line
from schemas import Outcome
from schemas.run_folder import RunFolder

TONES: Mapping[Outcome, Tone] = {
    Outcome.CORRECT: "good",
    Outcome.INCORRECT: "bad",
    Outcome.NO_ANSWER: "none",
    Outcome.TRUNCATED: "cut",
    Outcome.UNDECIDED: "open",
}
SIGNS: Mapping[Outcome, str] = dict(zip(Outcome, "✓✗∅…?", strict=True))
_POSITIONS = 12
"""Steps that have a column of their own."""
_MOST_ROLLOUTS = 24
"""Counts of rollouts that have one."""


def name_of(outcome: Outcome) -> str:
    """Return a verdict in words."""
    return outcome.value.replace("_", " ")


def charts(
    run: RunFolder, summary: RunSummary, facts: Sequence[ShardFacts], links: Links
) -> list[Chart]:
    """Return the figures of a run that have anything to show, links to their rows included."""
    found = [
        _verdicts(summary, links),
        _conclusions(summary, links),
        _labels(summary, links),
        _first_errors(summary, links),
        _pass_rates(summary, links),
        _evidence(run, facts, links),
        _tokens(summary, links),
        _stop_rules(summary),
        _left_out(summary, links),
        *_exports(run),
    ]
    return [one for one in found if any(bar.count for bar in one.bars)]


def _verdicts(summary: RunSummary, links: Links) -> Chart:
    counts = (
        Count(
            label=name_of(outcome),
            count=summary.outcomes.get(outcome, 0),
            tone=TONES[outcome],
            sign=SIGNS[outcome],
            href=links.to("rollouts", outcome=outcome.value),
        )
        for outcome in Outcome
    )
    return Chart(
        name="verdicts",
        title="Verdicts on rollouts",
        form="bars",
        bars=bars(counts),
        counted=many(summary.rollouts, "rollout"),
        note="Truncated and undecided ones count as nothing.",
        href=links.to("rollouts"),
    )


def _conclusions(summary: RunSummary, links: Links) -> Chart:
    left_open = "left open" if summary.imported else "abstained"
    rows: tuple[tuple[str, int, Tone, str, str], ...] = (
        ("no error", summary.without_error, "good", "✓", "none"),
        ("a first error", summary.with_error, "bad", "✗", "error"),
        (left_open, summary.abstained, "open", "?", "abstained"),
    )
    counts = (
        Count(label=label, count=n, tone=tone, sign=sign, href=links.to("solutions", found=found))
        for label, n, tone, sign, found in rows
    )
    return Chart(
        name="conclusions",
        title="What was found in solutions",
        form="parts",
        bars=bars(counts),
        counted=many(summary.solutions, "solution"),
        href=links.to("solutions"),
    )


def _labels(summary: RunSummary, links: Links) -> Chart:
    rows: tuple[tuple[str, bool | None, Tone, str, str], ...] = (
        ("right", True, "good", "✓", "right"),
        ("wrong", False, "bad", "✗", "wrong"),
        ("no label", None, "open", "·", "unlabelled"),
    )
    counts = (
        Count(
            label=label,
            count=summary.labels.get(value, 0),
            tone=tone,
            sign=sign,
            href=links.to("solutions", label=name),
        )
        for label, value, tone, sign, name in rows
    )
    return Chart(
        name="labels",
        title="Balance of step labels",
        form="parts",
        bars=bars(counts),
        counted=many(summary.steps, "step"),
        note="As the run itself concludes; steps behind a first error included.",
        href=links.to("solutions"),
    )


def _first_errors(summary: RunSummary, links: Links) -> Chart:
    last = max(summary.first_errors, default=-1)
    counts = [
        Count(
            label=str(step + 1),
            count=summary.first_errors.get(step, 0),
            tone="bad",
            href=links.to("solutions", first_error=step + 1),
        )
        for step in range(min(last + 1, _POSITIONS))
    ]
    if later := sum(n for step, n in summary.first_errors.items() if step >= _POSITIONS):
        href = links.to("solutions", first_error=f"{_POSITIONS + 1}+")
        counts.append(Count(label=f"{_POSITIONS + 1}+", count=later, tone="bad", href=href))
    return Chart(
        name="first-errors",
        title="Where the first error is",
        form="columns",
        bars=bars(counts),
        counted=f"{many(summary.with_error, 'solution')} with a first error",
        axis="step of the first error",
        href=links.to("solutions", found="error"),
    )


def _pass_rates(summary: RunSummary, links: Links) -> Chart:
    counts = (
        Count(
            label=f"{tenth * 100 // BINS}",
            count=count,
            tone="accent",
            href=links.to("problems", tenth=tenth),
        )
        for tenth, count in enumerate(summary.difficulty)
    )
    return Chart(
        name="pass-rates",
        title="How hard the problems are",
        form="columns",
        bars=bars(counts),
        counted=f"{many(sum(summary.difficulty), 'problem')} with solutions",
        axis="pass rate of whole solutions, % and up",
        href=links.to("problems"),
    )


def _evidence(run: RunFolder, facts: Sequence[ShardFacts], links: Links) -> Chart:
    """Return how many rollouts sampled steps have, beside the number that was asked for."""
    wanted = _asked_for(run)
    decided = np.zeros(1, dtype=np.int64)
    unsampled = 0
    for one in facts:
        values = pc.list_flatten(one.solutions["decided"]).to_numpy()
        unsampled += int((values < 0).sum())
        found = np.bincount(values[values >= 0], minlength=len(decided))
        found[: len(decided)] += decided
        decided = found
    last = max(len(decided) - 1, wanted or 0)
    shown = [int(decided[n]) if n < len(decided) else 0 for n in range(last + 1)]
    counts = [
        Count(
            label=str(n),
            count=count,
            tone="accent",
            href=links.to("solutions", decided=n),
            marked=n == wanted,
        )
        for n, count in enumerate(shown[:_MOST_ROLLOUTS])
    ]
    if later := sum(shown[_MOST_ROLLOUTS:]):
        href = links.to("solutions", decided=f"{_MOST_ROLLOUTS}+")
        counts.append(Count(label=f"{_MOST_ROLLOUTS}+", count=later, tone="accent", href=href))
    notes = (
        f"n = {wanted} were asked for at most." if wanted else "",
        f"{many(unsampled, 'step')} took none." if unsampled else "",
    )
    return Chart(
        name="evidence",
        title="Evidence per step",
        form="columns",
        bars=bars(counts),
        counted=many(int(decided.sum()), "sampled step"),
        axis="rollouts that count",
        note=" ".join(filter(None, notes)),
        href=links.to("solutions"),
    )


def _asked_for(run: RunFolder) -> int | None:
    """Return how many rollouts a run's labeler takes of a prefix, where it says so."""
    config = run.record().get("config")
    labeler = config.get("labeler") if isinstance(config, dict) else None
    number = labeler.get("num_rollouts") if isinstance(labeler, dict) else None
    return number if isinstance(number, int) and 0 < number <= _MOST_ROLLOUTS else None


def _tokens(summary: RunSummary, links: Links) -> Chart:
    split = {"solutions": 0, "probes": 0, "truncated": 0}
    for (root, outcome), counted in summary.rollout_facts.items():
        whole = "solutions" if root else "probes"
        kind = "truncated" if outcome is Outcome.TRUNCATED else whole
        split[kind] += counted.completion_tokens
    counts = (
        Count(
            label="whole solutions",
            count=split["solutions"],
            tone="accent",
            href=links.to("rollouts", kind="solutions"),
        ),
        Count(
            label="rollouts of prefixes",
            count=split["probes"],
            tone="ink",
            href=links.to("rollouts", kind="probes"),
        ),
        Count(
            label="wasted on truncated ones",
            count=split["truncated"],
            tone="cut",
            sign="…",
            href=links.to("rollouts", outcome=Outcome.TRUNCATED.value),
        ),
    )
    read, cached = summary.tokens["prompt_tokens"], summary.tokens["cached_tokens"]
    return Chart(
        name="tokens",
        title="Tokens written",
        form="parts",
        bars=bars(counts),
        counted=f"the tokens of {many(summary.rollouts, 'rollout')}",
        note=f"{compact(read)} were read, {compact(cached)} of these from a cache.",
        href=links.to("rollouts"),
    )


def _stop_rules(summary: RunSummary) -> Chart:
    rules = sorted(summary.stop_rules.items(), key=lambda item: -item[1])
    counts = (
        []
        if summary.imported
        else [Count(label=rule.value.replace("_", " "), count=count) for rule, count in rules]
    )
    return Chart(
        name="stop-rules",
        title="What ended sampling",
        form="bars",
        bars=bars(counts),
        counted=many(summary.steps, "step"),
        note="A ratio is unbiased under fixed and terminal only.",
    )


def _left_out(summary: RunSummary, links: Links) -> Chart:
    aside = (
        Count(
            label=one_line(reason, 80),
            count=count,
            tone="cut",
            href=links.to("problems", aside=reason),
        )
        for reason, count in _commonest(summary.set_aside)
    )
    rejected = (
        Count(label=f"no problem: {one_line(reason, 80)}", count=count, tone="open")
        for reason, count in _commonest(summary.rejected)
    )
    return Chart(
        name="left-out",
        title="Left out before labelling",
        form="bars",
        bars=bars((*aside, *rejected)),
        counted=f"{many(summary.problems, 'problem')} and rejected.jsonl",
        href=links.to("problems", aside="*"),
    )


def _exports(run: RunFolder) -> Iterator[Chart]:
    for name, found in exported(run):
        if found is not None:
            yield Chart(
                name=f"export-{name}",
                title=f"Export {one_line(name, 60)}",
                form="bars",
                bars=bars(_taken(found)),
                counted=f"exports/{one_line(name, 60)}/export.json",
            )


def _taken(found: Exported) -> Iterator[Count]:
    """Yield the rows of an export, then what was not taken and why."""
    for split, count in found.rows.items():
        yield Count(label=f"rows, {one_line(split)}", count=count, tone="good")
    for reason, count in found.refused.items():
        yield Count(label=one_line(reason, 80), count=count, tone="cut")
    for one in found.filters:
        for reason, count in one.taken.items():
            label = f"filter {one_line(one.kind)}: {one_line(reason, 60)}"
            yield Count(label=label, count=count, tone="none")


def _commonest(reasons: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:6]

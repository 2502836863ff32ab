"""Figures of sampling: verdicts, evidence behind steps, tokens, what ended it."""

from collections.abc import Sequence
from functools import partial

from pages.charts import Chart, Count
from pages.figures.shapes import Columns, Kind, by_kind
from pages.links import Links
from pages.signs import SIGNS, TONES, name_of
from reports.facts import ShardFacts
from reports.sampling import asked_for, step_evidence, written
from reports.summary import RunSummary
from reports.text import compact, many
from schemas import Outcome
from schemas.run_folder import RunFolder

_MOST_ROLLOUTS = 24
"""Counts of rollouts that have a column of their own."""


def verdicts(summary: RunSummary, links: Links) -> Chart:
    """Return how rollouts were judged."""
    to, counts = partial(links.to, "rollouts"), summary.outcomes
    kinds = (
        Kind(name_of(one), counts.get(one, 0), TONES[one], SIGNS[one], one.value) for one in Outcome
    )
    return Chart(
        name="verdicts",
        title="Verdicts on rollouts",
        form="bars",
        counts=by_kind(kinds, to, "outcome"),
        counted=many(summary.rollouts, "rollout"),
        note="Truncated and undecided ones count as nothing.",
        href=to(),
    )


def evidence(run: RunFolder, facts: Sequence[ShardFacts], links: Links) -> Chart:
    """Return how many rollouts sampled steps have, beside the number that was asked for."""
    to, found = partial(links.to, "solutions"), step_evidence(facts)
    wanted = asked_for(run)
    if wanted is not None and wanted > _MOST_ROLLOUTS:
        wanted = None  # it has no column to be marked
    counts = [*found.steps, *[0] * ((wanted or 0) + 1 - len(found.steps))]
    columns = Columns(first=0, most=_MOST_ROLLOUTS, tone="accent", marked=wanted)
    notes = (
        f"n = {wanted} were asked for at most." if wanted else "",
        f"{many(found.unsampled, 'step')} took none." if found.unsampled else "",
    )
    return Chart(
        name="evidence",
        title="Evidence per step",
        form="columns",
        counts=tuple(columns.of(counts, to, "decided")),
        counted=many(sum(found.steps), "sampled step"),
        axis="rollouts that count",
        note=" ".join(filter(None, notes)),
        href=to(),
    )


def tokens(summary: RunSummary, links: Links) -> Chart:
    """Return what tokens were written for."""
    to, split = partial(links.to, "rollouts"), written(summary.rollout_facts)
    counts = (
        Count(
            label="whole solutions",
            count=split.solutions,
            tone="accent",
            href=to(kind="solutions"),
        ),
        Count(
            label="rollouts of prefixes",
            count=split.probes,
            tone="ink",
            href=to(kind="probes"),
        ),
        Count(
            label="wasted on truncated ones",
            count=split.truncated,
            tone=TONES[Outcome.TRUNCATED],
            sign=SIGNS[Outcome.TRUNCATED],
            href=to(outcome=Outcome.TRUNCATED.value),
        ),
    )
    read, cached = summary.tokens["prompt_tokens"], summary.tokens["cached_tokens"]
    return Chart(
        name="tokens",
        title="Tokens written",
        form="parts",
        counts=counts,
        counted=f"the tokens of {many(summary.rollouts, 'rollout')}",
        note=f"{compact(read)} were read, {compact(cached)} of these from a cache.",
        href=to(),
    )


def stop_rules(summary: RunSummary) -> Chart:
    """Return which rules ended sampling; nothing of an import, which sampled nothing."""
    rules = {} if summary.imported else summary.stop_rules
    return Chart(
        name="stop-rules",
        title="What ended sampling",
        form="bars",
        counts=[
            Count(label=rule.value.replace("_", " "), count=count)
            for rule, count in sorted(rules.items(), key=lambda item: -item[1])
        ],
        counted=many(summary.steps, "step"),
        note="A ratio is unbiased under fixed and terminal only.",
    )

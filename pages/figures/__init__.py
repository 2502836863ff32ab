"""The figures of a run's page, from its summary: each says what it was counted from."""

from collections.abc import Sequence

from pages.charts import Chart
from pages.figures.exports import exports
from pages.figures.problems import left_out, pass_rates
from pages.figures.rollouts import evidence, stop_rules, tokens, verdicts
from pages.figures.solutions import conclusions, first_errors, labels
from pages.links import Links
from reports.facts import ShardFacts
from reports.summary import RunSummary
from schemas.run_folder import RunFolder


def charts(
    run: RunFolder, summary: RunSummary, facts: Sequence[ShardFacts], links: Links
) -> list[Chart]:
    """Return the figures of a run that have anything to show, links to their rows included."""
    found = [
        verdicts(summary, links),
        conclusions(summary, links),
        labels(summary, links),
        first_errors(summary, links),
        pass_rates(summary, links),
        evidence(run, facts, links),
        tokens(summary, links),
        stop_rules(summary),
        left_out(summary, links),
        *exports(run),
    ]
    return [one for one in found if any(bar.count for bar in one.counts)]


__all__ = ["charts"]

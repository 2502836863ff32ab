"""The figures of a dataset card: counts, small tables with bars, costs, and how true labels are."""

from collections.abc import Iterable, Mapping

from reports.markdown import bars, prose, span, table
from reports.sentence import sentence
from reports.summary import BINS, RunSummary
from reports.truth import Share, Truth
from schemas import Outcome

_POSITIONS = 10
"""Steps that have a line of their own in the table of first errors."""


def truth_section(truth: Truth | None) -> list[str]:
    """Return the section on how true the labels are; nothing where that is not known."""
    if truth is None:
        return []
    rows = [
        ("first error at the very step, of solutions with an error", told_share(truth.located)),
        ("found without error, of solutions without one", told_share(truth.kept)),
        (
            "F1: harmonic mean of the two, as ProcessBench scores",
            "there is none" if truth.f1 is None else f"{truth.f1:.1%}",
        ),
        ("of all these, the labeler abstained on, which counts as a miss", f"{truth.abstained:,}"),
    ]
    return [
        "## How true the labels are",
        f"Beside what {prose(truth.by)} says of these very solutions, with 95 % intervals:",
        table(("what", "share"), rows),
    ]


def told_share(share: Share) -> str:
    """Return a share with its interval and its counts."""
    if not share.of:
        return "there is none"
    low, high = share.interval
    return f"{share.value:.1%} ({low:.1%} to {high:.1%}; {share.hits:,} of {share.of:,})"


def figures(summary: RunSummary) -> list[str]:
    """Return what came out: a sentence, what the run holds, small tables with bars, costs."""
    return [
        prose(sentence(summary), limit=1_000),
        table(("what", "how many"), contents(summary)),
        *histograms(summary),
        *costs_section(summary),
    ]


def contents(summary: RunSummary) -> Iterable[tuple[str, str]]:
    """Yield what the run holds, as rows of a table."""
    yield "problems", f"{summary.problems:,}"
    for reason, count in sorted(summary.set_aside.items()):
        yield f"set aside: {prose(reason)}", f"{count:,}"
    for reason, count in sorted(summary.rejected.items()):
        yield f"rows that are no problems: {prose(reason)}", f"{count:,}"
    yield "solutions", f"{summary.solutions:,}"
    yield "with the first error located", f"{summary.with_error:,}"
    yield "without error", f"{summary.without_error:,}"
    yield "abstained", f"{summary.abstained:,}"
    yield "steps", f"{summary.steps:,}"
    yield "steps with a label", f"{summary.labelled_steps:,}"
    for rule, count in () if summary.imported else sorted(summary.stop_rules.items()):
        yield f"steps sampled by rule {span(rule)}", f"{count:,}"


def histograms(summary: RunSummary) -> list[str]:
    """Return small tables with bars: labels, first errors, pass rates, verdicts."""
    labels = {
        "right": summary.labels.get(True, 0),
        "wrong": summary.labels.get(False, 0),
        "no label": summary.labels.get(None, 0),
    }
    tables = {
        ("steps", "how many"): labels,
        ("first error at step (0-based)", "solutions"): _positions(summary.first_errors),
        ("pass rate at the root", "problems"): {
            f"{low * 100 // BINS} to {(low + 1) * 100 // BINS} %": count
            for low, count in enumerate(summary.difficulty)
        },
        ("verdict on a rollout", "rollouts"): {
            outcome.value.replace("_", " "): summary.outcomes.get(outcome, 0) for outcome in Outcome
        },
    }
    return [bars(header, counts) for header, counts in tables.items() if any(counts.values())]


def _positions(first_errors: Mapping[int, int]) -> dict[str, int]:
    last = max(first_errors, default=-1)
    shown = {str(step): first_errors.get(step, 0) for step in range(min(last + 1, _POSITIONS))}
    if later := sum(count for step, count in first_errors.items() if step >= _POSITIONS):
        shown[f"{_POSITIONS} or later"] = later
    return shown


def costs_section(summary: RunSummary) -> list[str]:
    """Return the section on what the run cost; nothing of one that sampled nothing."""
    if not summary.rollouts:
        return []
    rows = [("rollouts", f"{summary.rollouts:,}")]
    rows += [(name.replace("_", " "), f"{count:,}") for name, count in summary.tokens.items()]
    written, steps = summary.tokens.get("completion_tokens", 0), summary.labelled_steps
    if steps:
        rows.append(("rollouts per labelled step", f"{summary.rollouts / steps:,.2f}"))
        rows.append(("tokens written per labelled step", f"{written / steps:,.1f}"))
    return ["## What it cost", table(("what", "how many"), rows)]

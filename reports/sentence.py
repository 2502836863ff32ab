"""What a run did, in one sentence: for pages, reports, Prefect and dataset cards."""

import re

from reports.summary import RunSummary
from reports.text import compact, many, one_line, plain


def sentence(summary: RunSummary) -> str:
    """Say in one sentence what was done."""
    sources = ", ".join(plain(name) for name in summary.sources) or "no source"
    solutions = f"{many(summary.solutions, 'solution')} of {many(summary.problems, 'problem')}"
    if summary.imported is not None:
        told = summary.imported
        return (
            f"{solutions} were imported from {plain(told.origin)} as {plain(told.format)}, "
            f"with labels by: {plain(told.labels)}."
        )
    if not summary.problems:
        return "Its shards hold no problem."
    if summary.provenance is None:
        return f"{many(summary.problems, 'problem')} of {sources} yielded no solutions."
    who = short_model(summary.provenance.policy)
    labelers = ", ".join(plain(name) for name in summary.labelers)
    written = compact(summary.tokens["completion_tokens"])
    did = "continued" if summary.given else "wrote"
    return (
        f"{who} {did} {solutions} from {sources}, and {labelers} "
        f"labelled {summary.labelled_steps:,} of their {summary.steps:,} steps, "
        f"by {many(summary.rollouts, 'rollout')} and {written} tokens."
    )


def short_model(policy: str) -> str:
    """Return a policy's identity without its revision and its settings."""
    return one_line(re.split(r"[\s@{]", policy.strip())[0].rstrip(":"), 60)

"""A run: what was done, how far it is, and its figures."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.figures import charts
from pages.progress import progress_of
from pages.shelf import Tab, links_of, page, run_of, text_in
from pages.truths import truths_of
from reports.sentence import sentence
from reports.summary import summary_of

_FIRST_S = 1.2
"""How long the first page waits for counts; the rest comes as it is counted."""
_DOUBTS_S = 2.0

TABS = (Tab(name="Run", page=""),)


def show(request: Request) -> Response:
    """Show a run."""
    return page(request, "run.html", **_figures(request))


def figures(request: Request) -> Response:
    """Show the figures alone, counted as far as they now are."""
    return page(request, "_figures.html", **_figures(request))


def _figures(request: Request) -> dict[str, Any]:
    run = run_of(request)
    counted = run.facts.so_far(within_s=_FIRST_S)
    summary = summary_of(run.folder, counted.values)
    return {
        "run": run.name,
        "summary": summary,
        "sentence": sentence(summary),
        "counted": counted,
        "charts": charts(run.folder, summary, counted.values, links_of(request)),
        "progress": progress_of(run),
    }


def progress(request: Request) -> Response:
    """Show how far a run is; tells the page when there is more to show than it does.

    At its end too: exports come then.
    """
    run = run_of(request)
    now = progress_of(run)
    grown = (text_in(request, "shards"), text_in(request, "status")) != (
        str(now.shards),
        now.status,
    )
    headers = {"HX-Trigger": "grown"} if grown else {}
    return page(request, "_progress.html", headers=headers, run=run.name, progress=now)


def doubted(request: Request) -> Response:
    """Show the golds that are doubted; what is not looked at yet is, when asked again."""
    looked = run_of(request).suspects.so_far(within_s=_DOUBTS_S)
    suspects = [one for shard in looked.values for one in shard.values()]
    return page(request, "_doubts.html", suspects=suspects, looked=looked)


def truth(request: Request) -> Response:
    """Show how true the labels are, where that is known."""
    return page(request, "_truth.html", truth=truths_of(run_of(request)))


ROUTES = [
    Route("/runs/{run}/", show),
    Route("/runs/{run}/figures", figures),
    Route("/runs/{run}/progress", progress),
    Route("/runs/{run}/doubts", doubted),
    Route("/runs/{run}/truth", truth),
]

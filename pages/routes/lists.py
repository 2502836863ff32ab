"""Problems, solutions and rollouts, searched and filtered."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages import listing
from pages.listing import Asked
from pages.shelf import Tab, page, run_of

TABS = (
    Tab(name="Problems", page="problems"),
    Tab(name="Solutions", page="solutions"),
    Tab(name="Rollouts", page="rollouts"),
)


def problems(request: Request) -> Response:
    """List problems."""
    run, asked = run_of(request), Asked.of(request.query_params)
    found = listing.problems(run, asked)
    return page(request, "problems.html", run=run.name, asked=asked, found=found)


def solutions(request: Request) -> Response:
    """List solutions."""
    run, asked = run_of(request), Asked.of(request.query_params)
    found = listing.solutions(run, asked)
    return page(request, "solutions.html", run=run.name, asked=asked, found=found)


def rollouts(request: Request) -> Response:
    """List rollouts."""
    run, asked = run_of(request), Asked.of(request.query_params)
    return page(
        request, "rollouts.html", run=run.name, asked=asked, found=listing.rollouts(run, asked)
    )


ROUTES = [
    Route("/runs/{run}/problems", problems),
    Route("/runs/{run}/solutions", solutions),
    Route("/runs/{run}/rollouts", rollouts),
]

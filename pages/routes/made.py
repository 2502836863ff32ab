"""What recipes and searches made: what was done, problems, and what was written for each."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.products import rstar
from pages.products.listing import Wanted, made_list
from pages.products.page import made_page
from pages.products.problem import made_problem, search_tree
from pages.products.written import Section
from pages.shelf import Tab, links_of, made_of, number_in, page, text_in

TABS = (
    Tab(name="Overview", page="", place="made"),
    Tab(name="Problems", page="problems", place="made"),
)


def show(request: Request) -> Response:
    """Show what was done, and what it came to."""
    return page(request, "made.html", **_shown(request))


def figures(request: Request) -> Response:
    """Show the same as it is now."""
    return page(request, "_made.html", **_shown(request))


def _shown(request: Request) -> dict[str, Any]:
    made = made_of(request)
    return {"run": made.name, "shown": made_page(made)}


def problems(request: Request) -> Response:
    """List problems."""
    made, asked = made_of(request), Wanted.of(request.query_params)
    found = made_list(made, asked)
    return page(request, "made_problems.html", run=made.name, asked=asked, found=found)


def problem(request: Request) -> Response:
    """Show a problem."""
    made, problem_id, links = made_of(request), text_in(request, "id"), links_of(request)
    by_gold = text_in(request, "by") == "gold"
    return page(
        request,
        "made_problem.html",
        run=made.name,
        shown=made_problem(made, problem_id, links),
        tree=rstar.rstar_tree(made, problem_id, links, by_gold=by_gold),
        by_gold=by_gold,
    )


def tree(request: Request) -> Response:
    """Show the tree of one search."""
    found = search_tree(made_of(request), text_in(request, "id"), text_in(request, "search"))
    return page(request, "_tree.html", tree=found)


def node(request: Request) -> Response:
    """Show what an action wrote, and the votes on it."""
    number = number_in(request, "node") or 0
    return _section(request, rstar.node(made_of(request), text_in(request, "id"), number))


def masks(request: Request) -> Response:
    """Show what a second policy wrote behind the cuts of a candidate."""
    number = number_in(request, "candidate") or 0
    return _section(request, rstar.masks(made_of(request), text_in(request, "id"), number))


def _section(request: Request, section: Section) -> Response:
    return page(request, "_section.html", section=section)


ROUTES = [
    Route("/made/{run}/", show),
    Route("/made/{run}/figures", figures),
    Route("/made/{run}/problems", problems),
    Route("/made/{run}/problem", problem),
    Route("/made/{run}/problem/tree", tree),
    Route("/made/{run}/problem/node", node),
    Route("/made/{run}/problem/masks", masks),
]

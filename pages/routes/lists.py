"""Problems, solutions and rollouts, searched and filtered."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.listing import Asked, ProblemRows, RolloutRows, Rows, SolutionRows
from pages.shelf import Tab, page, run_of

_LISTS: tuple[type[Rows[Any]], ...] = (ProblemRows, SolutionRows, RolloutRows)

TABS = tuple(Tab(name=one.table.capitalize(), page=one.table) for one in _LISTS)


def _route(rows: type[Rows[Any]]) -> Route:
    """Return the route of a list, called as the table is that it is read from."""

    def show(request: Request) -> Response:
        run, asked = run_of(request), Asked.of(request.query_params)
        found = rows(run, asked).page()
        return page(request, f"{rows.table}.html", run=run.name, asked=asked, found=found)

    return Route(f"/runs/{{run}}/{rows.table}", show, name=rows.table)


ROUTES = [_route(one) for one in _LISTS]

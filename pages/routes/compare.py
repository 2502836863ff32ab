"""A run beside another: where their labels agree, and where not."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.comparing import compare_page
from pages.shelf import Tab, links_of, number_in, page, run_of, shelf_of

TABS = (Tab(name="Compare", page="compare"),)


def show(request: Request) -> Response:
    """Show how two runs agree, or the runs there are to compare with."""
    run, library = run_of(request), shelf_of(request).library
    others = [one.name for one in library.runs if one is not run]
    wanted = request.query_params.get("with", others[0] if len(others) == 1 else "")
    shown, start = None, number_in(request, "start") or 0
    if wanted:
        shown = compare_page(run, library.run(wanted), start=start)
    there = links_of(request).of_run(wanted)
    return page(
        request,
        "compare.html",
        run=run.name,
        others=others,
        other=wanted,
        there=there,
        shown=shown,
        start=start,
    )


ROUTES = [Route("/runs/{run}/compare", show)]

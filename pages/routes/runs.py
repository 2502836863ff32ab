"""All runs."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pages.shelf import links_of, page, shelf_of
from reports.runs import RunLine, run_line


def index(request: Request) -> Response:
    """List the runs; where there is one alone, go to it."""
    runs = shelf_of(request).library.runs
    if len(runs) == 1:
        return RedirectResponse(links_of(request).of_run(runs[0].name).to())
    lines: list[tuple[str, RunLine]] = [(one.name, run_line(one.folder)) for one in runs]
    lines.sort(key=lambda one: one[1].begun, reverse=True)
    return page(request, "runs.html", lines=lines)


ROUTES = [Route("/", index)]

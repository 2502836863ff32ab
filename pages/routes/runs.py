"""All runs, recipes and searches."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pages.library import Opened
from pages.shelf import links_of, page, shelf_of
from reports.runs import RunLine, folder_line


def index(request: Request) -> Response:
    """List the runs, recipes and searches; where there is one alone, go to it."""
    opened = shelf_of(request).library.opened
    links = links_of(request)
    if len(opened) == 1:
        return RedirectResponse(links.of_run(opened[0].name, opened[0].place).to())
    lines: list[tuple[Opened, RunLine]] = [(one, folder_line(one.folder)) for one in opened]
    lines.sort(key=lambda one: one[1].begun, reverse=True)
    return page(request, "runs.html", lines=lines)


ROUTES = [Route("/", index)]

"""All runs, recipes and searches."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pages.library import Opened
from pages.progress import standing
from pages.shelf import links_of, page, shelf_of
from reports.runs import RunLine, folder_line


def index(request: Request) -> Response:
    """List the runs, recipes and searches; where there is one alone, go to it."""
    opened = shelf_of(request).library.opened
    links = links_of(request)
    if len(opened) == 1:
        return RedirectResponse(links.of_run(opened[0].name, opened[0].place).to())
    lines: list[tuple[Opened, RunLine]] = [(one, _line(one)) for one in opened]
    lines.sort(key=lambda one: one[1].begun, reverse=True)
    return page(request, "runs.html", lines=lines)


def _line(one: Opened) -> RunLine:
    line = folder_line(one.folder)
    return replace(line, status=standing(line.status, one.folder.lock)[0])


ROUTES = [Route("/", index)]

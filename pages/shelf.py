"""What routes share: the runs, and how a page is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pages.library import Library, OpenRun
from pages.links import Links
from pages.rendering import render
from schemas import RunError


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """An entry of a run's navigation."""

    name: str
    page: str
    """As in the address; empty: the run itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What an application was made with."""

    library: Library
    tabs: tuple[Tab, ...]


def shelf_of(request: Request) -> Shelf:
    """Return what the application was made with."""
    found: Shelf = request.app.state.shelf
    return found


def run_of(request: Request) -> OpenRun:
    """Return the run that an address names; raises RunError where there is none."""
    return shelf_of(request).library.run(request.path_params["run"])


def links_of(request: Request) -> Links:
    """Return the addresses of the run that a request is about, or of the whole."""
    return Links(request.scope.get("root_path", ""), request.path_params.get("run", ""))


def number_in(request: Request, name: str) -> int | None:
    """Return a number of an address, or None; raises RunError where something else stands there."""
    given = request.query_params.get(name, "")
    if not given:
        return None
    if not given.isdecimal() or len(given) > 9:
        raise RunError(f"{name}={given!r} in the address is no number")
    return int(given)


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """Answer with a template; every one is given the links, the tabs and where it is."""
    shelf, links = shelf_of(request), links_of(request)
    here = request.url.path.rpartition("/")[2]
    common = {"links": links, "tabs": shelf.tabs, "here": here, "query": request.query_params}
    return HTMLResponse(render(template, **common, **values), status, headers)

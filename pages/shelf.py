"""What routes share: the runs, and how a page is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pages.library import Library, OpenRun
from pages.links import AddressError, Links
from pages.products.folder import OpenProducts
from pages.rendering import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """An entry of a run's navigation."""

    name: str
    page: str
    """As in the address; empty: the run itself."""
    place: str = "runs"
    """Whose pages it is among: those of `runs`, or of what was `made`."""


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


def made_of(request: Request) -> OpenProducts:
    """Return the recipe or search that an address names; raises RunError where there is none."""
    return shelf_of(request).library.made(request.path_params["run"])


def text_in(request: Request, name: str) -> str:
    """Return what an address says under a name; empty where it says nothing."""
    return request.query_params.get(name, "")


def links_of(request: Request) -> Links:
    """Return the addresses of the run that a request is about, or of the whole."""
    base = request.scope.get("root_path", "")
    place = request.url.path.removeprefix(base).split("/")[1]
    return Links(base, request.path_params.get("run", ""), place)


def number_in(request: Request, name: str) -> int | None:
    """Return a number of an address, or None; raises AddressError where it is none."""
    given = request.query_params.get(name, "")
    if not given:
        return None
    if not given.isdecimal() or len(given) > 9:
        raise AddressError(f"{name}={given!r} in the address: give a whole number below 10^9")
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
    tabs = [tab for tab in shelf.tabs if tab.place == links.place]
    common = {"links": links, "tabs": tabs, "here": here, "query": request.query_params}
    common["damaged"] = [
        line
        for one in shelf.library.runs
        if links.place == one.place and links.run == one.name
        for line in one.damaged
    ]
    return HTMLResponse(render(template, **common, **values), status, headers)

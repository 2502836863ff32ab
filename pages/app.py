"""The application: a module of routes per page, behind one guard.

A new page is a module in `pages/routes/` with `ROUTES`, and a `TAB` where it is to stand in the
navigation, named in `MODULES`.
"""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from pages.library import Library
from pages.rendering import ASSETS
from pages.routes import compare, lists, made, mark, problem, run, runs
from pages.security import Guard
from pages.shelf import Shelf, page
from schemas import StepmintError

MODULES = (runs, run, lists, problem, compare, mark, made)


class _Assets(StaticFiles):
    """Scripts, styles and fonts: a browser asks each time whether they changed."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Answer with a file."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "private, no-cache"
        return response


def application(library: Library, *, token: str) -> Starlette:
    """Return the server's application over some runs; `token` stands first in every address."""
    tabs = tuple(tab for module in MODULES for tab in getattr(module, "TABS", ()))
    routes = [route for module in MODULES for route in module.ROUTES]
    made = Starlette(
        routes=[*routes, Mount("/assets", _Assets(directory=ASSETS))],
        middleware=[Middleware(Guard, token=token)],
        exception_handlers={StepmintError: _refused, 404: _missing},
    )
    made.state.shelf = Shelf(library=library, tabs=tabs)
    return made


async def _refused(request: Request, error: Exception) -> Response:
    return page(request, "error.html", status=404, message=str(error))


async def _missing(request: Request, error: Exception) -> Response:
    message = "there is no such page: go back, or to the start"
    return page(request, "error.html", status=404, message=message)

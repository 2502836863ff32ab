"""The application: a module of routes per page, behind one guard.

A new page is a module in `pages/routes/` with `ROUTES`, and a `TAB` where it is to stand in the
navigation, named in `MODULES`.
"""

from http import HTTPStatus

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from pages.library import Library
from pages.links import AddressError
from pages.rendering import ASSETS
from pages.routes import compare, lists, made, mark, problem, run, runs
from pages.security import Guard
from pages.shelf import Shelf, page
from schemas import StepmintError

MODULES = (runs, run, lists, problem, compare, mark, made)


class _Assets(StaticFiles):
    """Scripts, styles and fonts: a browser may keep them, since addresses change with them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Answer with a file."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "private, max-age=3600"
        return response


def application(library: Library, *, token: str) -> Starlette:
    """Return the server's application over some runs; `token` stands first in every address."""
    tabs = tuple(tab for module in MODULES for tab in getattr(module, "TABS", ()))
    routes = [route for module in MODULES for route in module.ROUTES]
    made = Starlette(
        routes=[*routes, Mount("/assets", _Assets(directory=ASSETS))],
        middleware=[
            Middleware(Guard, token=token),
            Middleware(ServerErrorMiddleware, handler=_fault),
        ],
        exception_handlers={StepmintError: _refused, AddressError: _misread, 404: _missing},
    )
    made.state.shelf = Shelf(library=library, tabs=tabs)
    return made


def _refused(request: Request, error: Exception) -> Response:
    return _told(request, str(error), HTTPStatus.NOT_FOUND)


def _misread(request: Request, error: Exception) -> Response:
    return _told(request, str(error), HTTPStatus.BAD_REQUEST)


def _missing(request: Request, error: Exception) -> Response:
    message = "there is no such page: go back, or to the start"
    return _told(request, message, HTTPStatus.NOT_FOUND)


def _fault(request: Request, error: Exception) -> Response:
    """Answer for what nobody foresaw; it is raised again, so that the terminal shows where."""
    message = (
        f"{type(error).__name__}: {error}\nThis is a fault of stepmint's. The terminal in which "
        "`stepmint view` runs shows where it happened: report it with what stands there."
    )
    return _told(request, message, HTTPStatus.INTERNAL_SERVER_ERROR)


def _told(request: Request, message: str, status: HTTPStatus) -> Response:
    return page(request, "error.html", status=status, message=message)

"""Addresses of pages: what a page shows stands in its address, so that it can be sent on."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from schemas import ConfigError

_ASSETS = Path(__file__).parent / "assets"

Value = str | int | float | None


class AddressError(ConfigError):
    """An address that asks for what no page can be; the message says what it may ask for."""


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of one server, or of one run on it."""

    base: str
    """What stands before every path, e.g. `/TOKEN`."""
    run: str = ""
    """The run, recipe or search that pages are of; empty: none."""
    place: str = "runs"
    """`runs`, or `made` for what recipes and searches made."""

    def of_run(self, run: str, place: str = "runs") -> "Links":
        """Return the addresses of the pages of a run, or of what was made."""
        return Links(self.base, run, place)

    def to(self, page: str = "", /, **query: Value) -> str:
        """Return where a page is; what is None or empty is not asked for."""
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        path = f"{self.base}/{self.place}/{quote(self.run, safe='')}/{page}"
        return f"{path}?{urlencode(asked)}" if asked else path

    @property
    def home(self) -> str:
        """Where all runs are listed."""
        return f"{self.base}/"

    def asset(self, name: str) -> str:
        """Return where a script or a style is: elsewhere after it changed."""
        return f"{self.base}/assets/{name}?{(_ASSETS / name).stat().st_mtime_ns}"


class NoLinks(Links):
    """The links of a page that stands alone, such as a report: there is nowhere to go."""

    def __init__(self) -> None:
        super().__init__("")

    def of_run(self, run: str, place: str = "runs") -> "Links":
        """Return itself."""
        return self

    def to(self, page: str = "", /, **query: Value) -> str:
        """Return no address."""
        return ""

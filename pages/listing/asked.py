"""What a list is asked for: it stands in the address, as does the place where a page begins."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, Field, ValidationError

from pages.links import AddressError
from schemas import Outcome
from schemas.settings import Settings

_SHOWN = 60
_NUMBER = r"^(\d{1,6}\+?)?$"


class InAddress(Settings):
    """What stands in the address of a list."""

    model_config = ConfigDict(extra="ignore")
    place: ClassVar[str]
    """The field that says where a page begins."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Read an address; raises AddressError naming what is wrong, and what would do."""
        given = {name: value for name, value in query.items() if value != ""}
        try:
            return cls.model_validate(given, strict=False)
        except ValidationError as error:
            first = error.errors()[0]
            name, found = str(first["loc"][0]), repr(first["input"])
            shown = found if len(found) <= _SHOWN else f"{found[:_SHOWN]}..."
            allowed = cls.model_fields[name].title
            told = f"give {allowed}" if allowed else first["msg"].lower()
            raise AddressError(f"{name}={shown} in the address: {told}") from error

    @property
    def query(self) -> dict[str, str]:
        """What stands in the address, without the place."""
        values = self.model_dump(mode="json", exclude_defaults=True, exclude={self.place})
        return {
            name: str(value).lower() if value is True else str(value)
            for name, value in values.items()
        }


def _one_of(*words: str) -> Any:
    """Return the field of a choice; empty: nothing is chosen."""
    told = f"{', '.join(words[:-1])} or {words[-1]}"
    return Field(default="", pattern=f"^({'|'.join(words)})?$", title=told)


class Asked(InAddress):
    """What a list is asked for, as its address says."""

    place: ClassVar[str] = "start"

    q: str = Field(default="", max_length=500)
    """A text, case aside; of problems and solutions also a problem's id."""
    outcome: Outcome | None = None
    found: str = _one_of("none", "error", "abstained")
    label: str = _one_of("right", "wrong", "unlabelled")
    first_error: str = Field(
        default="", pattern=_NUMBER, title="a step from 1, or `13+` for 13 or later"
    )
    """The step of the first error, from 1; `13+`: 13 or later."""
    decided: str = Field(
        default="", pattern=_NUMBER, title="a number of rollouts, or `24+` for 24 or more"
    )
    """Rollouts that count at some step; `24+`: so many or more."""
    below: float | None = Field(default=None, gt=0, le=1)
    """The labeler's confidence, less than this."""
    tenth: int | None = Field(default=None, ge=0, le=9)
    """A problem's tenth of the pass rate."""
    aside: str = Field(default="", max_length=500)
    """Why problems were set aside; `*`: whatever it was."""
    doubted: bool = False
    """Only problems whose gold is suspect."""
    kind: str = _one_of("solutions", "probes")
    sort: str = Field(default="", pattern="^-?[a-z_]{0,40}$", title="a column, or `-` and a column")
    """What rows are sorted by, `-` before it: the greatest first; empty: as they stand."""
    start: int = Field(default=0, ge=0, lt=10**9)
    """Rows before the page."""

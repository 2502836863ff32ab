"""What a list is asked for: it stands in the address, as does the place where a page begins."""

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import ConfigDict, Field, ValidationError

from schemas import Outcome, RunError
from schemas.settings import Settings


class InAddress(Settings):
    """What stands in the address of a list."""

    model_config = ConfigDict(extra="ignore")
    place: ClassVar[str]
    """The field that says where a page begins."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Read an address; raises RunError naming what is wrong with it."""
        given = {name: value for name, value in query.items() if value != ""}
        try:
            return cls.model_validate(given, strict=False)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise RunError(f"{where}={first['input']!r} in the address: {first['msg']}") from error

    @property
    def query(self) -> dict[str, str]:
        """What stands in the address, without the place."""
        values = self.model_dump(mode="json", exclude_defaults=True, exclude={self.place})
        return {
            name: str(value).lower() if value is True else str(value)
            for name, value in values.items()
        }


class Asked(InAddress):
    """What a list is asked for, as its address says."""

    place: ClassVar[str] = "start"

    q: str = Field(default="", max_length=500)
    """A text, case aside; of problems and solutions also a problem's id."""
    outcome: Outcome | None = None
    found: str = Field(default="", pattern="^(none|error|abstained)?$")
    label: str = Field(default="", pattern="^(right|wrong|unlabelled)?$")
    first_error: str = Field(default="", pattern=r"^(\d{1,6}\+?)?$")
    """The step of the first error, from 1; `13+`: 13 or later."""
    decided: str = Field(default="", pattern=r"^(\d{1,6}\+?)?$")
    """Rollouts that count at some step; `24+`: so many or more."""
    below: float | None = Field(default=None, gt=0, le=1)
    """The labeler's confidence, less than this."""
    tenth: int | None = Field(default=None, ge=0, le=9)
    """A problem's tenth of the pass rate."""
    aside: str = Field(default="", max_length=500)
    """Why problems were set aside; `*`: whatever it was."""
    doubted: bool = False
    """Only problems whose gold is suspect."""
    kind: str = Field(default="", pattern="^(solutions|probes)?$")
    sort: str = Field(default="", pattern="^-?[a-z_]{0,40}$")
    """What rows are sorted by, `-` before it: the greatest first; empty: as they stand."""
    start: int = Field(default=0, ge=0, lt=10**9)
    """Rows before the page."""

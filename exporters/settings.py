"""What an export is asked for."""

from typing import Literal

from pydantic import Field

from schemas import Settings
from schemas.views import AnyView


class ExportSettings(Settings):
    """How a run's evidence becomes training rows; recorded in `export.json`."""

    format: str = "trl"
    """A name in the registry `EXPORTERS`."""
    view: AnyView | None = None
    """How evidence becomes labels; its kind names the export's folder. None: what the run's labeler
    itself concludes, `hard` for counts of rollouts, `first_error` for a search."""
    separator: str | None = Field(default=None, min_length=1)
    """The string the trainer puts behind each step. None: the format's first that no step
    contains, else the one that refuses the fewest rows."""
    validation_ratio: float = Field(default=0.05, ge=0, lt=1)
    """Share of problems whose rows go to validation, by a hash of the problem id."""
    max_length: int | None = Field(default=1024, ge=1)
    """The trainer's limit in tokens; measured where a tokenizer is given. None: no limit."""
    tokenizer: str | None = None
    """Folder or hub name of the trainer's tokenizer; None: lengths go unchecked."""
    long_rows: Literal["refuse", "shorten"] = "refuse"
    """A row above the limit is refused, or loses its last steps, whole ones, until it fits."""

    @property
    def name(self) -> str:
        """The export's folder within the run, e.g. `trl-hard`."""
        return f"{self.format}-{self.view.kind}" if self.view else self.format

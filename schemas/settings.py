"""The one base of every configuration record: frozen, strict, and free of I/O."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Frozen settings of one component; unknown keys are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

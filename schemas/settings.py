"""The one base of every configuration record: frozen, strict, and free of I/O."""

from typing import Annotated, Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, Field

FolderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
"""What a folder of ours may be called."""


def tag_of(model: Any) -> tuple[str, tuple[Any, ...]]:
    """Return the field by which a union's member is picked, and its values; else nothing."""
    fields = getattr(model, "model_fields", {})
    name = next((name for name in ("kind", "format") if name in fields), "")
    return name, get_args(fields[name].annotation) if name else ()


def _title(model: type) -> str:
    """Return what a form calls a member of a union: as configurations do, by its tag."""
    _, tags = tag_of(model)
    return str(tags[0]) if tags else model.__name__


class Settings(BaseModel):
    """Frozen settings of one component; unknown keys are refused by name."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        model_title_generator=_title,
    )

    free: ClassVar[frozenset[str]] = frozenset()
    """Fields that change no row, e.g. how many requests run at once: a run may be resumed with
    other values for them."""

    later: ClassVar[frozenset[str]] = frozenset()
    """Fields that came when there were runs already: while such a field is at its default it shapes
    nothing new, and those runs keep their digest."""

    programs: ClassVar[frozenset[str]] = frozenset()
    """Fields that name code to run or secrets to send; a run that comes over a network may not
    choose them."""

    def shaping(self) -> dict[str, Any]:
        """Return, as JSON values, the fields that shape rows: all but the free ones, at any depth.

        What two runs must share for the second to resume the first.
        """
        fields = type(self).model_fields
        default = {name for name in self.later if getattr(self, name) == fields[name].default}
        values = self.model_dump(mode="json", exclude=set(self.free | default))
        return {name: _shaping(getattr(self, name), value) for name, value in values.items()}


def _shaping(value: object, dumped: Any) -> Any:
    if isinstance(value, Settings):
        return value.shaping()
    if isinstance(value, tuple | list):
        return [_shaping(item, shown) for item, shown in zip(value, dumped, strict=True)]
    return dumped

"""Settings that come as such or as a mapping, as in a run's YAML."""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from schemas import ConfigError


def read(name: str, kind: Any, value: object) -> Any:
    """Return settings of a kind; raises ConfigError that names the fields that cannot work."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        # Values are not repeated: people put secrets into policies.
        told = (
            f"{'.'.join(map(str, (name, *one['loc'])))}: {one['msg']}" for one in error.errors()
        )
        raise ConfigError("; ".join(told)) from error

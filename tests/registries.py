"""What a registry holds, so that a test of all its members needs no edit for a new one."""

from typing import Any, get_args


def members(union: Any) -> tuple[Any, ...]:
    """Return the classes of a discriminated union of settings, e.g. `AnyLabeler`."""
    return get_args(get_args(union)[0])


def kinds(union: Any, key: str = "kind") -> list[str]:
    """Return the names by which a configuration picks them."""
    return [get_args(one.model_fields[key].annotation)[0] for one in members(union)]

"""Missing extras become one readable error."""

from collections.abc import Iterator
from contextlib import contextmanager

from schemas import ConfigError


@contextmanager
def needs(package: str, remedy: str) -> Iterator[None]:
    """Turn the import error of an optional package into a ConfigError that says how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigError(f"this policy needs the package {package!r}: {remedy}.") from error

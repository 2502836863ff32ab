"""Errors of libraries, made short enough to read."""

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


def brief(error: Exception) -> str:
    """Return a library's message in one line of at most 300 characters."""
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else text[:299] + "…"

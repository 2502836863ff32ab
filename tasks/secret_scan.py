"""What looks like a secret in files and texts: found, and told without being repeated.

Shapes are those that issuers give their tokens, so that text about mathematics hardly ever has one.
Entropy is not asked: answers and model text hold long digits and LaTeX. Besides, the very secrets
of this process are known: what its environment holds under a secret's name.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import re2

from policies.served.refused import called_secret

_SHAPES: Mapping[str, str] = {
    "a Hugging Face token": r"\b(?:hf|api_org)_[A-Za-z0-9]{30,}\b",
    "a ModelScope token": r"\bms-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    "an API key": r"\bsk-[A-Za-z0-9_-]{20,}",
    "an AWS key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+",
    "a bearer token": r"\b[Bb][Ee][Aa][Rr][Ee][Rr] +[A-Za-z0-9._~+/-]{20,}",
    "a URL with a password": r"[a-z]://[^/\s:@\\]+:[^/\s@\\]+@[A-Za-z0-9\[]",
}
"""In the syntax that RE2 and `re` share."""
_NEEDS_DIGIT = frozenset({"an API key", "a bearer token"})
"""Shapes that words with hyphens have too: `sk-learn-...`, `bearer of ...`."""
_SHORTEST = 8
"""Characters of a value of the environment that is looked for; a shorter one may be any word."""
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something looks like a secret; what it is, and no more of it than its start."""

    file: str
    place: str
    """Row and column, or line."""
    kind: str
    start: str

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {self.kind} ({self.start}…)"


class SecretScan:
    """Looks for the shapes of secrets, and for the values that it is told are secret."""

    def __init__(self, known: Mapping[str, str]) -> None:
        """Look for the shapes and for `known`: what a value is called, to the value."""
        values = {f"the value of {name}": re2.escape(value) for name, value in known.items()}
        shapes = {**values, **_SHAPES}
        self._shapes = {kind: re2.compile(shape) for kind, shape in shapes.items()}
        self._any = "|".join(f"(?:{shape})" for shape in shapes.values())

    @classmethod
    def of_this_process(cls, environment: Mapping[str, str] | None = None) -> "SecretScan":
        """Return a scan that knows the secrets of the environment and the user's home folder."""
        variables = os.environ if environment is None else environment
        known = {
            name: value
            for name, value in variables.items()
            if called_secret(name) and len(value) >= _SHORTEST and not value.isalpha()
        }
        home = variables.get("HOME", "").rstrip("/")
        return cls(known | ({"HOME": f"{home}/"} if home.count("/") > 1 else {}))

    def text(self, text: str) -> Iterator[tuple[str, int, str]]:
        """Yield kind, position and start of what looks like a secret in a text."""
        for kind, shape in self._shapes.items():
            for match in shape.finditer(text):
                found = match.group()
                if kind not in _NEEDS_DIGIT or re.search(r"[0-9]", found):
                    yield kind, match.start(), found[:_SHOWN]

    def file(self, path: Path, name: str) -> Iterator[Finding]:
        """Yield what looks like a secret in a Parquet or text file, which is told as `name`."""
        if path.suffix == ".parquet":
            yield from self._parquet(path, name)
            return
        with path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                for kind, _, start in self.text(line):
                    yield Finding(name, f"line {number}", kind, start)

    def _parquet(self, path: Path, name: str) -> Iterator[Finding]:
        row = 0
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                for column, values in zip(batch.schema.names, batch.columns, strict=True):
                    if any(map(self._may_hold, _strings(values))):
                        yield from self._rows(values, name, column, row)
                row += batch.num_rows

    def _may_hold(self, strings: pa.Array) -> bool:
        """Tell at Arrow's speed whether any string may hold a secret: nearly always none does."""
        return bool(pc.any(pc.match_substring_regex(strings, self._any)).as_py())

    def _rows(self, values: pa.Array, name: str, column: str, first: int) -> Iterator[Finding]:
        for row, value in enumerate(values.to_pylist(), first):
            for text in _texts(value):
                for kind, _, start in self.text(text):
                    yield Finding(name, f"row {row} of {column}", kind, start)


def _strings(values: pa.Array) -> Iterator[pa.Array]:
    """Yield the string arrays that an array is made of, however deep they lie."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        yield from _strings(values.dictionary)
    elif pa.types.is_struct(kind):
        for part in values.flatten():
            yield from _strings(part)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _strings(values.flatten())
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        yield values


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        inner: Iterable[Any] = value.values() if isinstance(value, Mapping) else value
        for one in inner:
            yield from _texts(one)

"""Under which licence the problems of well-known sets are given, and where that was read."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Licence:
    """What a set's makers say of it."""

    name: str
    read_in: str
    """Where it was read, so that whoever publishes can read it again."""
    language: str
    """Of the problems, as hubs spell it."""


_GSM8K = Licence("MIT", "the card of openai/gsm8k and LICENSE of openai/grade-school-math", "en")
_MATH = Licence("MIT", "the card of DigitalLearningGmbH/MATH-lighteval", "en")
_SYNTHETIC = Licence("Apache-2.0", "stepmint's LICENSE: the problems are made by its code", "en")

_BY_DATASET: Mapping[str, Licence] = {
    "openai/gsm8k": _GSM8K,
    "digitallearninggmbh/math-lighteval": _MATH,
}
_BY_KIND: Mapping[str, Licence] = {
    "gsm8k": _GSM8K,
    "math": _MATH,
    "synthetic": _SYNTHETIC,
}
"""Of sources that read one set, wherever a copy of it lies."""


def known_licence(source: Mapping[str, object]) -> Licence | None:
    """Return the licence of the problems that a source's settings name; None where not known."""
    dataset = str(source.get("dataset", "")).lower()
    return _BY_DATASET.get(dataset) or _BY_KIND.get(str(source.get("kind", "")))

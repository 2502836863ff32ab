"""A solution's score: one number of the grades of its steps."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

Aggregation = Literal["last", "min", "product"]
AGGREGATIONS: tuple[Aggregation, ...] = get_args(Aggregation)
"""The grade of its last step (2408.03314), the least, or the product of all (2305.20050)."""

AGGREGATE: Mapping[Aggregation, Callable[[Sequence[float]], float]] = {
    "last": lambda grades: grades[-1],
    "min": min,
    "product": math.prod,
}


def score(grades: Sequence[float], steps: int, by: Aggregation) -> float:
    """Return the score of so many steps; 0 where the model had no room to read all of them."""
    return AGGREGATE[by](grades) if grades and len(grades) >= steps else 0.0

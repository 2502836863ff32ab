"""The gate: judged pairs, and right completions cut short; undecided fails on either side."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from benchmarks.verification import truncation
from benchmarks.verification.contenders import Ours
from benchmarks.verification.data import REAL, Pair, load_pairs, sample, shared_folder
from benchmarks.verification.figures import Rate

FOLDER = shared_folder()
pytestmark = pytest.mark.skipif(
    not (FOLDER / "verification").is_dir(), reason=f"{FOLDER}/verification is not here"
)
PER_SET = 40
"""Pairs of each set and expectation that the default suite judges; `slow` judges all."""

SELF = ("math_self", "mathtest_self")
FORMS = ("math_gold", "math_cross")
PEERS = ("mathverify_tests", "latex2sympy_tests", "mario_tests")
HAND = ("hand", "hand2")
BARS = [  # sets, most equal pairs not accepted, most unequal pairs not rejected
    (REAL, 0.0, 0.0),
    (SELF, 0.0, 0.0),
    (FORMS, 0.0002, 0.005),  # letters and words opposite values, things opposite units: not known
    (("fresh_forms",), 0.001, 0.0025),
    (HAND, 0.0, 0.0),
    (PEERS, 0.02, 0.0),
]


@cache
def everything() -> list[Pair]:
    return load_pairs(FOLDER)


@pytest.fixture(scope="module")
def ours() -> Iterator[Ours]:
    with Ours() as contender:
        yield contender


def check(
    ours: Ours, pairs: list[Pair]
) -> tuple[Counter[tuple[bool, bool | None]], Counter[bool], dict[bool, list[str]]]:
    said: Counter[tuple[bool, bool | None]] = Counter()
    total = Counter(pair.expected for pair in pairs)
    failed: dict[bool, list[str]] = {True: [], False: []}
    for pair in pairs:
        verdict = ours.judge(pair.gold, pair.prediction, bare=pair.bare)
        said[pair.expected, verdict] += 1
        if verdict is not pair.expected:
            failed[pair.expected].append(pair.id)
    return said, total, failed


def allowed(bar: float, total: int) -> float:
    """Failures allowed in a sample: the bar's share, and one that happens to be drawn."""
    return bar * total + (1 if bar else 0)


@pytest.mark.parametrize(("sets", "rejects", "accepts"), BARS)
def test_a_sample_of_judged_pairs_is_judged_right(
    ours: Ours, sets: tuple[str, ...], rejects: float, accepts: float
) -> None:
    pairs = [pair for pair in sample(everything(), PER_SET, 1) if pair.set in sets]
    said, total, failed = check(ours, pairs)
    assert said[False, True] == 0, failed[False]
    assert len(failed[True]) <= allowed(rejects, total[True]), failed[True]
    assert len(failed[False]) <= allowed(accepts, total[False]), failed[False]


@pytest.mark.slow
@pytest.mark.parametrize(("sets", "rejects", "accepts"), BARS)
def test_all_judged_pairs_are_judged_right(
    ours: Ours, sets: tuple[str, ...], rejects: float, accepts: float
) -> None:
    pairs = [pair for pair in everything() if pair.set in sets]
    said, total, failed = check(ours, pairs)
    assert said[False, True] == 0, failed[False]
    assert len(failed[True]) <= rejects * total[True], failed[True]
    assert len(failed[False]) <= accepts * total[False], failed[False]


def test_right_completions_cut_short_are_hardly_ever_accepted(ours: Ours) -> None:
    pairs = [pair for pair in everything() if pair.set in REAL][::5]
    by_cut: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for (_, cut), rate in truncation.measure(ours, pairs).items():
        by_cut[cut] += rate.k
        total[cut] += rate.n
    shares = {cut: Rate(by_cut[cut], n) for cut, n in total.items()}
    assert all(rate.k <= 0.01 * rate.n for rate in shares.values()), shares


def test_a_sample_holds_each_set_and_expectation() -> None:
    pairs = everything()
    drawn = sample(pairs, 2, 0)
    assert {(p.set, p.expected) for p in drawn} == {(p.set, p.expected) for p in pairs}
    assert drawn == sample(pairs, 2, 0) != sample(pairs, 2, 1)

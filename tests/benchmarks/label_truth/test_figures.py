import asyncio
import math

import pytest

from benchmarks.label_truth.figures import figures
from benchmarks.label_truth.measure import Judged
from benchmarks.label_truth.meter import Meter, Spent
from benchmarks.label_truth.scripted import ScriptedWorld
from schemas import ROOT


def judged(
    truth: int,
    said: int | None,
    *,
    case: str = "p",
    again: int | None = None,
    confidence: float | None = None,
) -> Judged:
    return Judged(
        case=case,
        truth=truth,
        kind="",
        final=truth < 0,
        said=said,
        said_again=again,
        confidence=confidence,
        likeliest=said,
        spent=Spent(rollouts=8, completion_tokens=100, prompt_tokens=3),
        solution_tokens=50,
    )


def test_accuracy_distance_and_kept_share_worked_out_by_hand() -> None:
    some = [judged(3, 3), judged(3, 2), judged(3, 5), judged(3, -1), judged(-1, 0), judged(2, None)]
    found = {name: figure.value for name, figure in figures(some, seed=0).items()}
    assert found["kept"] == pytest.approx(5 / 6)
    assert found["exact"] == pytest.approx(1 / 5)
    assert found["within_one"] == pytest.approx(2 / 5)
    assert found["too_early"] == pytest.approx(2 / 5)  # 2 for 3, 0 for none
    assert found["too_late"] == pytest.approx(2 / 5)  # 5 for 3, none for 3
    assert found["rollouts"] == 8
    assert found["rollouts_per_kept"] == pytest.approx(8 * 6 / 5)
    assert found["solution_equivalents"] == 2


def test_f1_is_the_harmonic_mean_of_both_accuracies() -> None:
    some = [judged(3, 3), judged(3, 2), judged(-1, -1), judged(-1, -1), judged(-1, 0)]
    found = figures(some, seed=0)
    assert found["accuracy_erroneous"].value == pytest.approx(1 / 2)
    assert found["accuracy_correct"].value == pytest.approx(2 / 3)
    assert found["f1"].value == pytest.approx(2 * (1 / 2) * (2 / 3) / (1 / 2 + 2 / 3))
    assert math.isnan(figures(some[:2], seed=0)["f1"].value)


def test_abstentions_are_misses_where_the_name_says_so() -> None:
    some = [judged(3, 3), judged(3, None), judged(-1, -1)]
    found = figures(some, seed=0)
    assert found["f1"].value == 1
    assert found["f1_abstention_is_a_miss"].value == pytest.approx(2 * 0.5 / 1.5)


def test_calibration_worked_out_by_hand() -> None:
    some = [judged(1, 1, confidence=0.95)] * 3 + [judged(1, 2, confidence=0.95)]
    some += [judged(1, 1, confidence=0.55), judged(1, 2, confidence=0.55)]
    found = figures(some, seed=0)
    gap = 4 * abs(0.95 - 3 / 4) + 2 * abs(0.55 - 1 / 2)
    assert found["ece"].value == pytest.approx(gap / 6)
    brier = 3 * 0.05**2 + 0.95**2 + 0.45**2 + 0.55**2
    assert found["brier"].value == pytest.approx(brier / 6)


def test_retest_compares_what_was_kept_twice() -> None:
    some = [judged(1, 1, again=1), judged(1, 1, again=2), judged(1, 1), judged(1, None, again=1)]
    assert figures(some, seed=0)["retest"].value == pytest.approx(1 / 2)


def test_intervals_come_from_resampled_problems_not_solutions() -> None:
    alone = [judged(1, 1 if n % 2 else 2, case=str(n)) for n in range(40)]
    together = [judged(1, 1 if n < 20 else 2, case=str(n // 20)) for n in range(40)]
    narrow, wide = figures(alone, seed=0)["exact"], figures(together, seed=0)["exact"]
    assert narrow.value == wide.value == pytest.approx(0.5)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_every_rollout_is_charged_once_and_shared_prefixes_to_wrong_solutions() -> None:
    world = ScriptedWorld(law="a", recoverable=0.3, wrong=2, per_problem=2)
    (case,) = world.cases()
    meter = Meter(world.rollouts(case, draw=0))
    one, other = asyncio.run(meter.sample(ROOT, count=16))[:2]

    async def ask() -> None:
        await meter.sample(meter.prefixes(one)[0], count=4)
        await meter.sample(meter.prefixes(one)[0], start=2, count=4)
        await meter.sample(meter.prefixes(other)[1], count=3)

    asyncio.run(ask())
    shares = meter.shares({0: False, 1: True})
    assert [shares[n].rollouts for n in (0, 1)] == [6, 3]
    total = sum(shares.values(), meter.root)
    assert total == meter.total
    assert meter.asked_again == 2
    assert meter.probed == 3

"""The posterior labeler on worlds whose prefixes have known values."""

import asyncio

import pytest

from labelers import AnswerLikelihood, Screen
from labelers.posterior import Cue, Cues, Model, PosteriorLabeler
from labelers.posterior.labeler import shared_recoverable
from schemas import (
    ConfigError,
    Finding,
    Labelling,
    Outcome,
    Prefix,
    Problem,
    Rollout,
    StopRule,
)
from tests.labelers.worlds import KnownWorld

PROBLEM = Problem(id="p", source="s", question="?", answer="1")
RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT
ROOTS = [("q\n1", RIGHT), ("r\n1", RIGHT), ("s\n1", RIGHT), ("t\n2", WRONG)]
LONG = "a\nb\nc\nd\ne\nf\n2"
ALIVE_TO_C = {
    "a\n": 0.8,
    "a\nb\n": 0.8,
    "a\nb\nc\n": 0.9,
    "a\nb\nc\nd\n": 0.0,
    "a\nb\nc\nd\ne\n": 0.0,
    "a\nb\nc\nd\ne\nf\n": 0.0,
}


def label(settings: PosteriorLabeler, world: KnownWorld) -> Labelling:
    return asyncio.run(settings.label(PROBLEM, world))


def world(
    *texts: tuple[str, Outcome], seed: int = 0, values: dict[str, float] | None = None
) -> KnownWorld:
    known = ALIVE_TO_C | (values or {}) | {"q\n": 1.0, "r\n": 1.0, "s\n": 1.0, "t\n": 0.0}
    return KnownWorld([*texts, *ROOTS], known, seed=seed)


@pytest.mark.parametrize("seed", range(5))
def test_the_step_behind_which_no_rollout_succeeds_is_the_first_error(seed: int) -> None:
    asked = world((LONG, WRONG), seed=seed)
    solution = label(PosteriorLabeler(num_solutions=5), asked).solutions[0]
    assert solution.first_error == 3
    assert solution.posterior[3] >= 0.9
    assert sum(solution.posterior) == pytest.approx(1)
    assert len(solution.posterior) == 8
    assert len(asked.asked) < 40


def test_below_the_bound_it_abstains_and_still_says_what_it_believes() -> None:
    asked = world((LONG, WRONG))
    solution = label(PosteriorLabeler(num_solutions=5, max_rollouts=2), asked).solutions[0]
    assert solution.first_error is None
    assert max(solution.posterior) < 0.9
    assert sum(solution.posterior) == pytest.approx(1)


def test_the_cap_holds_for_each_solution() -> None:
    asked = world((LONG, WRONG))
    label(PosteriorLabeler(num_solutions=1, max_rollouts=7, screen=Screen(num_rollouts=5)), asked)
    assert len(asked.asked) <= 7


def test_labelling_again_gives_the_same_labels() -> None:
    settings = PosteriorLabeler(num_solutions=5, round_size=3)
    assert label(settings, world((LONG, WRONG))) == label(settings, world((LONG, WRONG)))


def test_two_solutions_pay_once_for_their_common_prefixes() -> None:
    other = "a\nb\nc\nx\n3"
    both = world((LONG, WRONG), (other, WRONG), values={"a\nb\nc\nx\n": 0.0})
    together = label(PosteriorLabeler(num_solutions=6), both)
    assert [one.first_error for one in together.solutions[:2]] == [3, 3]
    alone = 0
    for text in (LONG, other):
        one = world((text, WRONG), values={"a\nb\nc\nx\n": 0.0})
        label(PosteriorLabeler(num_solutions=5), one)
        alone += len(one.asked)
    assert len(both.asked) < alone


def test_every_rollout_asked_for_is_in_a_node_with_an_adaptive_rule() -> None:
    asked = world((LONG, WRONG))
    labelling = label(PosteriorLabeler(num_solutions=5), asked)
    root, *probed = labelling.nodes
    assert root.evidence.stop_rule is StopRule.FIXED
    assert {node.evidence.stop_rule for node in probed} == {StopRule.ADAPTIVE}
    assert sum(node.evidence.total for node in probed) == len(asked.asked)


def test_right_answers_are_trusted_probed_here_and_there_or_in_full() -> None:
    right = LONG.removesuffix("2") + "1"
    rollouts = {}
    repairs = {"recoverable": 0.9, "recovery": 0.6}
    for choice in ("trust", "read", "spot_probe", "full"):
        asked = world((right, RIGHT))
        settings = PosteriorLabeler.model_validate(
            {
                "num_solutions": 1,
                "model": repairs,
                "right_answers": choice,
                "screen": {"num_rollouts": 5},
            }
        )
        solution = label(settings, asked).solutions[0]
        rollouts[choice] = len(asked.asked)
        assert sum(solution.posterior) == pytest.approx(1)
        if choice == "trust":
            assert solution.first_error == -1
    assert rollouts["trust"] == rollouts["read"] == 0
    assert 0 < rollouts["spot_probe"] <= 4
    assert rollouts["spot_probe"] <= rollouts["full"]


def test_an_undecided_solution_is_not_searched() -> None:
    asked = world((LONG, Outcome.UNDECIDED))
    solution = label(PosteriorLabeler(num_solutions=1, screen=Screen(num_rollouts=5)), asked)
    assert solution.solutions[0].first_error is None
    assert not asked.asked


def test_a_refuted_step_is_recorded_and_saves_rollouts() -> None:
    text = "a\nb\nc\n2 + 2 = 5\ne\nf\n2"
    values = {"a\nb\nc\n2 + 2 = 5\n": 0.0, "a\nb\nc\n2 + 2 = 5\ne\n": 0.0}
    values["a\nb\nc\n2 + 2 = 5\ne\nf\n"] = 0.0
    blind, seeing = world((text, WRONG), values=values), world((text, WRONG), values=values)
    label(PosteriorLabeler(num_solutions=5, read=()), blind)
    refuted = Cue(edges=(0.5,), right=(0.998, 0.002), error=(0.5, 0.5), behind=(0.98, 0.02))
    model = Model(cues=Cues(refuted=refuted))
    settings = PosteriorLabeler(num_solutions=5, model=model)
    solution = label(settings, seeing).solutions[0]
    assert solution.first_error == 3
    assert [one.finding for one in solution.checks].index(Finding.REFUTED) == 3
    assert len(seeing.asked) < len(blind.asked)


def test_a_problem_whose_errors_were_recovered_from_expects_it_of_the_next() -> None:
    low, mean, high = (shared_recoverable(Model(), [1.0, odds])[0] for odds in (0.01, 1.0, 100.0))
    assert low < mean < high
    assert mean == pytest.approx(Model().recoverable, abs=0.02)


def test_what_is_read_goes_on_record_and_says_nothing_until_it_is_fitted() -> None:
    scores = {("a\nb\nc\n", "d\n"): -4.0, ("a\n", "1"): -1.0, ("a\n", "2"): -3.0}
    plain, read = world((LONG, WRONG)), world((LONG, WRONG))
    read._scores = scores
    unread = label(PosteriorLabeler(num_solutions=5, read=()), plain).solutions[0]
    every = PosteriorLabeler(num_solutions=5, read=("regret", "net_information"))
    solution = label(every, read).solutions[0]
    assert unread.readings == ()
    assert solution.checks == ()
    assert [one.regret for one in solution.readings] == [0, 0, 0, 4, 0, 0, 0]
    assert [one.net_information for one in solution.readings] == [2, 0, 0, 0, 0, 0, None]
    assert solution.posterior == unread.posterior
    assert plain.asked == read.asked


def test_a_step_with_a_fitted_regret_saves_rollouts() -> None:
    regret = Cue(edges=(1.0,), right=(0.95, 0.05), error=(0.2, 0.8), behind=(0.7, 0.3))
    blind, seeing = world((LONG, WRONG)), world((LONG, WRONG))
    seeing._scores = {("a\nb\nc\n", "d\n"): -4.0}
    label(PosteriorLabeler(num_solutions=5), blind)
    model = Model(cues=Cues(regret=regret))
    solution = label(PosteriorLabeler(num_solutions=5, model=model), seeing).solutions[0]
    assert solution.first_error == 3
    assert len(seeing.asked) < len(blind.asked)


def test_a_misfit_of_bins_is_refused_with_what_to_give() -> None:
    with pytest.raises(ValueError, match=r"error=\(1\.0,\): give 2 positive shares"):
        Cue(edges=(1.0,), right=(0.5, 0.5), error=(1.0,), behind=(0.5, 0.5))
    with pytest.raises(ValueError, match=r"edges=\(2\.0, 1\.0\): give rising numbers"):
        Cue(edges=(2.0, 1.0), right=(0.5, 0.3, 0.2), error=(0.5, 0.3, 0.2), behind=(0.5, 0.3, 0.2))


def test_a_right_answer_that_is_read_need_not_be_right_throughout() -> None:
    regret = Cue(edges=(1.0,), right=(0.98, 0.02), error=(0.02, 0.98), behind=(0.8, 0.2))
    model = Model(cues=Cues(regret=regret), harmless=0.6)
    right = LONG.removesuffix("2") + "1"
    said = {}
    for name, scores in (("smooth", {}), ("rough", {("a\nb\n", "c\n"): -4.0})):
        asked = world((right, RIGHT), ("z\n3", WRONG), ("y\n3", WRONG))
        asked._scores = scores
        settings = PosteriorLabeler(
            num_solutions=1,
            model=model,
            right_answers="read",
            keep_at=0.5,
            screen=Screen(num_rollouts=7),
        )
        said[name] = label(settings, asked).solutions[0].first_error
        assert not asked.asked
    assert said == {"smooth": -1, "rough": 2}


class Mute(KnownWorld):
    """A policy that cannot score."""

    cannot_score = "the server cannot score"

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        raise AssertionError("paid for a rollout")


def test_a_policy_that_cannot_score_says_so_before_a_rollout_is_paid() -> None:
    for labeler in (PosteriorLabeler(), AnswerLikelihood()):
        with pytest.raises(ConfigError, match="cannot score"):
            asyncio.run(labeler.label(PROBLEM, Mute([], {})))


def test_nothing_is_kept_that_the_search_would_not_reach() -> None:
    with pytest.raises(ValueError, match=r"keep_at=0\.99 is above stop_at=0\.9"):
        PosteriorLabeler(keep_at=0.99, stop_at=0.9)

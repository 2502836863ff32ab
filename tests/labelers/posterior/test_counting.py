"""Which rollouts count for which prefixes, and what is kept of them on disk."""

from labelers.posterior.counting import Trail, observed, trunk_of
from labelers.solutions import Solution
from rollouts.cutting import prefixes
from rollouts.steps import Newline
from schemas import ROOT, Evidence, LabelledSolution, Outcome, Prefix, Rollout, StopRule
from tests.labelers.worlds import rollout

RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT


def solution(text: str, index: int = 0) -> Solution:
    whole = rollout(ROOT, index, text, WRONG)
    return Solution(rollout=whole, prefixes=prefixes(whole, Newline()))


def roots(*drawn: tuple[str, Outcome]) -> list[Rollout]:
    return [rollout(ROOT, i, text, outcome) for i, (text, outcome) in enumerate(drawn)]


def test_a_probe_counts_for_the_prefix_it_was_asked_for() -> None:
    one = solution("a\nb\nc\n9")
    trail = Trail(one, [])
    trail.add(
        [rollout(one.prefixes[0], 0, "b\nc\n1", RIGHT), rollout(one.prefixes[0], 1, "x", WRONG)]
    )
    seen = trail.observation(Evidence(correct=1, incorrect=1))
    assert seen.correct == (0, 1, 0, 0)
    assert seen.failed == (0, 1, 0, 0)


def test_the_evidence_of_a_prefix_has_every_rollout_that_goes_through_it() -> None:
    one = solution("a\nb\nc\n9")
    trail = Trail(one, roots(("a\nb\nc\n9", WRONG), ("a\nz\n1", RIGHT), ("q\n1", RIGHT)))
    trail.add(
        [rollout(one.prefixes[0], 0, "b\nc\n1", RIGHT), rollout(one.prefixes[0], 1, "x", WRONG)]
    )
    counts = [(e.correct, e.incorrect) for e in trail.evidence()]
    assert counts == [(2, 1), (1, 0), (1, 0), (0, 1)]
    assert trail.evidence()[0].stop_rule is StopRule.ADAPTIVE
    assert trail.evidence()[-1].stop_rule is StopRule.TERMINAL


def test_questions_rollouts_count_for_the_trunk_they_share_and_not_for_the_solution_itself() -> (
    None
):
    drawn = roots(
        ("a\nb\n9", WRONG), ("a\nb\n1", RIGHT), ("a\nb\n2", WRONG), ("a\n1", RIGHT), ("q", WRONG)
    )
    seen = Trail(solution("a\nb\n9"), drawn).observation(Evidence(correct=2, incorrect=3))
    # Trunk: a, b. Of the other four two go through it; two count for the question.
    assert seen.correct == (1, 0, 1)
    assert seen.failed == (1, 0, 1)


def test_a_trunk_needs_two_rollouts_and_half_of_all() -> None:
    assert trunk_of([]) == 0
    assert trunk_of([3]) == 0
    assert trunk_of([3, 3]) == 3
    assert trunk_of([3, 2, 0, 0]) == 2
    assert trunk_of([3, 2, 0, 0, 0]) == 0


def test_equal_prefixes_of_two_solutions_share_their_probes() -> None:
    one, two = solution("a\nb\n9", 0), solution("a\nc\n9", 1)
    first, second = Trail(one, []), Trail(two, [])
    probe = [rollout(two.prefixes[0], 0, "z", RIGHT)]
    first.add(probe)
    second.add(probe)
    root = Evidence(correct=1, incorrect=1)
    assert first.observation(root) == second.observation(root)
    first.add([rollout(two.prefixes[1], 0, "z", RIGHT)])
    assert first.observation(root).correct == (0, 1, 0)


def test_undecided_and_truncated_rollouts_count_as_nothing() -> None:
    one = solution("a\nb\n9")
    trail = Trail(one, [])
    trail.add(
        rollout(one.prefixes[0], i, "x", outcome)
        for i, outcome in enumerate((Outcome.UNDECIDED, Outcome.TRUNCATED, Outcome.NO_ANSWER))
    )
    seen = trail.observation(Evidence())
    assert (seen.correct, seen.failed) == ((0, 0, 0), (0, 1, 0))


def test_a_committed_solution_is_observed_by_what_was_asked_at_its_prefixes() -> None:
    labelled = LabelledSolution(
        problem_id="p",
        solution_index=0,
        labeler="math_shepherd",
        steps=("a\n", "b\n", "9"),
        outcome=WRONG,
        root=Evidence(correct=3, incorrect=4, no_answer=1),
        evidence=(Evidence(correct=9), Evidence(incorrect=9), Evidence(incorrect=1)),
        first_error=1,
    )
    asked = {
        Prefix(steps=("a\n",)).key: Evidence(correct=2, incorrect=1),
        Prefix(steps=("a\n", "b\n")).key: Evidence(incorrect=3, no_answer=1, truncated=2),
    }
    seen = observed(labelled, asked)
    assert seen.correct == (3, 2, 0)
    assert seen.failed == (4, 1, 4)
    assert not seen.right

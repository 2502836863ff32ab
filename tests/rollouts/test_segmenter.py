"""Steps that a model tells apart: what it replies chooses among cuts, and changes no text."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rollouts import Journal, Purse, load_template
from rollouts.segmenter import Segmenter, Segments
from rollouts.steps import Newline
from schemas import ROOT, ChatPrompt, Completion, CompletionRequest, Score, ScoreRequest

from .worlds import PROBLEM, CharacterPolicy, shard

TEXT = "one\ntwo\nthree\nfour\n#### 1"
PIECES = ("one\n", "two\n", "three\n", "four\n", "#### 1")


class Replying:
    """A policy that says what it was told to, in turn; then the last again."""

    identity = "replying"
    caveat = cannot_score = ""
    in_flight = idle = 0

    def __init__(self, *replies: str, finish: str = "stop") -> None:
        self.asked: list[CompletionRequest] = []
        self._replies = list(replies)
        self._finish = finish

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        self.asked.append(request)
        await asyncio.sleep(0)
        text = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        (seed,) = request.seeds
        reply = Completion.of_text(text, seed=seed)
        return (reply,) if self._finish == "stop" else (_cut(reply),)

    async def score(self, request: ScoreRequest) -> tuple[Score, ...]:
        raise AssertionError("nothing is scored")

    @property
    def shown(self) -> list[str]:
        """What the model was shown, request by request."""
        prompts = [request.prompt for request in self.asked]
        assert all(isinstance(prompt, ChatPrompt) for prompt in prompts)
        return [prompt.messages[-1].content for prompt in prompts if isinstance(prompt, ChatPrompt)]


def _cut(reply: Completion) -> Completion:
    return Completion(
        text=reply.text,
        tokens=None,
        finish_reason="length",
        seed=reply.seed,
        prompt_tokens=0,
        cached_tokens=0,
        completion_tokens=7,
        logprob=None,
    )


def segmented(
    policy: Replying, journal: Journal, text: str = TEXT, **changes: object
) -> tuple[tuple[str, ...], Segments]:
    """Return the steps that a segmenter of lines makes of a text, and itself."""
    chosen = Segmenter.model_validate({"pieces": {"kind": "newline"}, **changes})
    template = load_template(chosen.prompt)
    segments = Segments(chosen, template=template, policy=policy, journal=journal, purse=Purse())
    asyncio.run(segments.cut([text, text]))
    return segments.known(text), segments


def test_pieces_are_grouped_as_the_model_says(journal: Journal) -> None:
    policy = Replying("<think>1, or [1, 2]?</think>\nSteps begin at [1, 3, 5].")
    steps, segments = segmented(policy, journal)
    assert steps == ("one\ntwo\n", "three\nfour\n", "#### 1")
    assert len(policy.asked) == 1, "the same text is shown once"
    assert "[1] one\n\n[2] two\n\n[3] three" in policy.shown[0]
    assert policy.asked[0].sampling.temperature == 0
    assert segments.costs.segmented == 1


def test_what_was_replied_is_paid_for_once(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        first, _ = segmented(Replying("[1, 4]"), journal)
    with Journal(tmp_path / "j") as journal:
        policy = Replying("[1, 2, 3, 4, 5]")
        again, segments = segmented(policy, journal)
    assert again == first
    assert not policy.asked
    assert segments.costs.segmented == 1


@pytest.mark.parametrize(
    "unread",
    [
        "no list",
        "[1, 9]",
        "[0, 1]",
        "[1,,2]",
        "<think>[1, 2]",
        "[1] one\n\n[2] two",
        "[" * 9_999,
    ],
)
def test_a_reply_that_cannot_be_read_is_asked_for_again_and_then_drawn(
    journal: Journal, unread: str
) -> None:
    policy = Replying(unread, "[1, 2]")
    steps, _ = segmented(policy, journal)
    assert steps == ("one\n", "two\nthree\nfour\n#### 1")
    assert [(one.sampling.temperature, one.seeds) for one in policy.asked] == [
        (0, (0,)),
        (0.7, (1,)),
    ]


def test_an_empty_list_leaves_all_in_one_step(journal: Journal) -> None:
    assert segmented(Replying("None does: []."), journal)[0] == (TEXT,)


def test_without_a_reply_that_can_be_read_the_pieces_stay_apart_and_are_counted(
    journal: Journal,
) -> None:
    policy = Replying("[1, 2]", finish="length")
    steps, segments = segmented(policy, journal, tries=2)
    assert steps == PIECES
    assert (segments.costs.segmented, segments.costs.unsegmented) == (2, 1)
    assert segments.costs.segment_tokens == 14


def test_a_long_text_is_shown_in_parts_each_with_what_stood_before(journal: Journal) -> None:
    policy = Replying("[1]", "[]", "[1]")
    steps, _ = segmented(policy, journal, together=2)
    assert steps == ("one\ntwo\nthree\nfour\n", "#### 1")
    assert "[before] two\n\n[1] three\n\n[2] four" in policy.shown[1]
    assert "[before] four\n\n[1] #### 1" in policy.shown[2]


def test_a_long_piece_is_shown_by_its_head_and_tail(journal: Journal) -> None:
    policy = Replying("[1, 2]")
    segmented(policy, journal, f"a{'x' * 9_000}z\nb")
    assert "[1] ax" in policy.shown[0]
    assert "xz\n\n[2] b" in policy.shown[0]
    assert len(policy.shown[0]) < 5_000


def test_a_text_of_one_piece_is_shown_to_nobody(journal: Journal) -> None:
    policy = Replying("[1]")
    assert segmented(policy, journal, "only this")[0] == ("only this",)
    assert segmented(policy, journal, "")[0] == ()
    assert not policy.asked


def test_the_answer_behind_a_thought_is_a_step_of_its_own_whatever_is_replied(
    journal: Journal,
) -> None:
    text = "<think>\na\nb\n</think>\nSo 4.\n#### 4"
    steps, _ = segmented(Replying("[1]"), journal, text, part="thought")
    assert steps == ("<think>\na\nb\n</think>", "\nSo 4.\n#### 4")


@settings(max_examples=60)
@given(text=st.text("ab\n.", max_size=30), reply=st.text("[]0123456789, <think>/", max_size=20))
def test_whatever_is_replied_joined_steps_are_the_text(
    tmp_path_factory: pytest.TempPathFactory, text: str, reply: str
) -> None:
    with Journal(tmp_path_factory.mktemp("j") / "j") as journal:
        steps, _ = segmented(Replying(reply), journal, text, together=3)
    assert "".join(steps) == text
    assert all(steps)


def test_a_problems_solutions_are_cut_as_the_model_says_and_rollouts_pay_apart(
    journal: Journal,
) -> None:
    rollouts = shard(journal, CharacterPolicy())
    rollouts.splitter = Segmenter(pieces=Newline())
    rollouts.segmenter = Replying("[1]")
    problem = rollouts.of(PROBLEM)

    async def ask() -> None:
        solutions = await problem.sample(ROOT, count=3)
        with pytest.raises(KeyError):
            problem.prefixes(solutions[0])
        await problem.segment(solutions)
        for one in solutions:
            assert [prefix.text for prefix in problem.prefixes(one)] == [one.text]

    asyncio.run(ask())
    assert problem.costs.sampled == 3
    assert problem.costs.segmented >= 1
    assert rollouts.paid.rollouts == 3
    assert len(journal) == 3 + problem.costs.segmented


def test_parts_are_the_segmenters_to_choose_and_not_its_pieces() -> None:
    with pytest.raises(ValidationError, match=r"splitter\.pieces\.part .* set splitter\.part"):
        Segmenter.model_validate({"pieces": {"kind": "newline", "part": "thought"}})

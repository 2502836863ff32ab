from hypothesis import given
from hypothesis import strategies as st

from benchmarks import made
from rollouts.cutting import prefixes
from rollouts.steps import BlankLine, Newline
from schemas import ROOT, Outcome, Prefix, Rollout, Tokens


def rollout(prefix: Prefix, pieces: list[str], *, with_tokens: bool = True) -> Rollout:
    """Return a rollout whose completion was sampled as these tokens, with ids 100, 101, ..."""
    text = "".join(pieces)
    ends = tuple(len("".join(pieces[: n + 1])) for n in range(len(pieces)))
    tokens = Tokens(ids=tuple(range(100, 100 + len(pieces))), ends=ends) if with_tokens else None
    return made.rollout(
        text,
        Outcome.CORRECT,
        prefix=prefix,
        tokens=tokens,
        prompt_tokens=3,
        completion_tokens=len(pieces),
    )


def test_prefixes_carry_the_sampled_tokens_up_to_their_end() -> None:
    cut = prefixes(rollout(ROOT, ["1+1", "=2", "\n", "2+2", "=4\n", "#### 4"]), Newline())
    assert [prefix.steps for prefix in cut] == [
        ("1+1=2\n",),
        ("1+1=2\n", "2+2=4\n"),
        ("1+1=2\n", "2+2=4\n", "#### 4"),
    ]
    assert [prefix.token_ids for prefix in cut] == [
        (100, 101, 102),
        (100, 101, 102, 103, 104),
        (100, 101, 102, 103, 104, 105),
    ]


def test_a_boundary_that_splits_a_token_falls_back_to_text() -> None:
    cut = prefixes(rollout(ROOT, ["a", "\nb", "\n", "c"]), Newline())
    assert [prefix.token_ids for prefix in cut] == [None, (100, 101, 102), (100, 101, 102, 103)]


def test_a_token_that_only_begins_a_character_belongs_to_the_next_step() -> None:
    one = rollout(ROOT, ["a\n", "", "é\n", "b"])  # the second token is the first half of é
    assert [prefix.token_ids for prefix in prefixes(one, Newline())] == [
        (100,),
        (100, 101, 102),
        (100, 101, 102, 103),
    ]


def test_without_reported_tokens_every_prefix_is_text() -> None:
    cut = prefixes(rollout(ROOT, ["a\n", "b"], with_tokens=False), Newline())
    assert [prefix.token_ids for prefix in cut] == [None, None]


def test_a_continued_solution_keeps_the_steps_and_tokens_of_its_prefix() -> None:
    start = Prefix(steps=("a\n\n",), token_ids=(7, 8))
    cut = prefixes(rollout(start, ["\n", "b\n\n", "c"]), BlankLine())
    assert [prefix.steps for prefix in cut] == [
        ("a\n\n",),
        ("a\n\n", "\nb\n\n"),
        ("a\n\n", "\nb\n\n", "c"),
    ]
    assert [prefix.token_ids for prefix in cut] == [
        (7, 8),
        (7, 8, 100, 101),
        (7, 8, 100, 101, 102),
    ]


def test_a_completion_of_nothing_or_of_blanks_adds_no_step() -> None:
    start = Prefix(steps=("a\n", "b\n"), token_ids=(7, 8))
    assert prefixes(rollout(start, []), Newline())[-1] == start
    assert prefixes(rollout(start, ["\n"]), Newline())[-1].steps == ("a\n", "b\n\n")
    assert prefixes(rollout(ROOT, []), Newline()) == ()


PIECES = st.lists(st.sampled_from(["\n", "\n\n", "a", "b c", " ", "é", "```", "$$"]), max_size=25)


@given(pieces=PIECES, at=st.integers(min_value=0, max_value=10))
def test_the_last_prefix_is_the_whole_solution_and_token_ids_spell_each_prefix(
    pieces: list[str], at: int
) -> None:
    first = rollout(ROOT, pieces)
    cut = prefixes(first, BlankLine())
    if not cut:
        return
    again = rollout(cut[min(at, len(cut) - 1)], pieces)
    for solution in (first, again):
        for prefix in prefixes(solution, BlankLine()):
            assert solution.text.startswith(prefix.text)
        assert prefixes(solution, BlankLine())[-1].text == solution.text
    for prefix in cut:
        if prefix.token_ids is not None:
            assert "".join(pieces[token - 100] for token in prefix.token_ids) == prefix.text
    kept = prefixes(again, BlankLine())[: len(again.prefix.steps) - 1]
    assert all(new.steps == old.steps for new, old in zip(kept, cut, strict=False))

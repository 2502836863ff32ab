"""Steps as the policy writes them: where they end, what they cost, what of the problem is seen."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollouts.steps import BlankLine, Newline, Regex
from schemas import ConfigError
from search.asking import Asked, Manner, blind
from search.seam import Wrote
from tests.search.policies import PROBLEM, TextPolicy, asked, journal, manner

WHOLE = "1 + 1 = 2\n2 + 2 = 4\n#### 4"


def rest(whole: str) -> Callable[[str, int], str]:
    """Write one text to its end, whatever the seed."""
    return lambda prefix, seed: whole[len(prefix) :] if whole.startswith(prefix) else ""


def steps(
    folder: Path, policy: TextPolicy, *prefix: str, how: Manner | None = None, count: int = 1
) -> list[Wrote]:
    async def ask(one: Asked) -> list[Wrote]:
        return await one.steps(prefix, start=0, count=count)

    with journal(folder) as kept:
        return asyncio.run(ask(asked(policy, kept, how=how)))


def walked(folder: Path, policy: TextPolicy, how: Manner) -> tuple[list[str], str]:
    """Take the first sample of each step until it ends."""
    found: list[str] = []
    for _ in range(50):
        (one,) = steps(folder, policy, *found, how=how)
        found += one.steps
        if one.end:
            return found, one.end
    return found, ""


def test_a_step_ends_where_the_policy_pauses_and_is_paid_for_no_further(tmp_path: Path) -> None:
    policy = TextPolicy(rest(WHOLE))
    (one,) = steps(tmp_path, policy)
    assert one == Wrote(steps=("1 + 1 = 2\n",), end="", tokens=10, logprob=-0.1)
    assert policy.asked[0].sampling.stop == ("\n\nQuestion:", "\n")


def test_the_end_of_a_solution_is_told_from_a_pause_and_from_a_cut(tmp_path: Path) -> None:
    policy = TextPolicy(rest(WHOLE))
    assert steps(tmp_path, policy, "1 + 1 = 2\n", "2 + 2 = 4\n")[0].end == "stop"
    cut = TextPolicy(rest("x" * 99))
    assert steps(tmp_path, cut, how=manner(max_tokens=5))[0] == Wrote(
        steps=("xxxxx",), end="length", tokens=5, logprob=-0.2
    )


def test_a_policy_that_writes_nothing_more_ends_the_solution_without_a_step(tmp_path: Path) -> None:
    (one,) = steps(tmp_path, TextPolicy(rest("#### 4\n")), "#### 4\n")
    assert (one.steps, one.end) == ((), "stop")


def test_blank_lines_belong_to_the_step_behind_them_and_are_no_step(tmp_path: Path) -> None:
    policy = TextPolicy(rest("a\n\n\nb\nc"))
    assert walked(tmp_path, policy, manner()) == (["a\n", "\n\nb\n", "c"], "stop")


def test_a_string_that_ends_solutions_does_so_across_a_pause(tmp_path: Path) -> None:
    policy = TextPolicy(rest("#### 4\n\nQuestion: what else?\nmore"))
    found, end = walked(tmp_path, policy, manner())
    assert ("".join(found).strip(), end) == ("#### 4", "stop")


def test_splitters_that_end_at_no_string_cut_whole_solutions(tmp_path: Path) -> None:
    how = manner(splitter=Regex(pattern=r"; "), pause=())
    policy = TextPolicy(rest("a; b; c"))
    (one,) = steps(tmp_path, policy, how=how)
    assert one == Wrote(steps=("a; ",), end="", tokens=7, logprob=-1 / 7)
    assert walked(tmp_path, policy, how) == (["a; ", "b; ", "c"], "stop")


def test_a_server_that_does_not_say_what_stopped_it_is_refused_with_the_remedy(
    tmp_path: Path,
) -> None:
    silent = TextPolicy(rest(WHOLE), silent=True)
    with pytest.raises(ExceptionGroup) as raised:
        steps(tmp_path, silent)
    (error,) = raised.value.exceptions
    assert isinstance(error, ConfigError)
    assert "--set 'pause=[]'" in str(error)
    (one,) = steps(tmp_path, silent, how=manner(pause=()))
    assert one.steps == ("1 + 1 = 2\n",)


def test_what_is_looked_ahead_is_written_at_temperature_0_step_by_step(tmp_path: Path) -> None:
    policy = TextPolicy(rest(WHOLE))
    for how in (manner(), manner(pause=())):
        with journal(tmp_path / str(len(how.pause))) as kept:
            one = asked(policy, kept, how=how)
            assert asyncio.run(one.likeliest((), 2)) == ("1 + 1 = 2\n", "2 + 2 = 4\n")
            assert asyncio.run(one.likeliest(("1 + 1 = 2\n",), 9)) == ("2 + 2 = 4\n", "#### 4")
    assert {request.sampling.temperature for request in policy.asked} == {0.0}


def test_samples_are_a_function_of_prefix_and_index_and_paid_for_once(tmp_path: Path) -> None:
    policy = TextPolicy(lambda prefix, seed: f"{seed % 1000}\n#### 1")

    async def both(first: Asked, second: Asked) -> tuple[list[Wrote], list[Wrote]]:
        async with asyncio.TaskGroup() as group:
            two = group.create_task(first.steps((), start=0, count=2))
            four = group.create_task(second.steps((), start=0, count=4))
        return two.result(), four.result()

    with journal(tmp_path) as kept:
        one = asked(policy, kept)
        other = Asked(PROBLEM, one._samples, one._grades)
        two, four = asyncio.run(both(one, other))
    assert two == four[:2]
    assert len({four[at].steps for at in range(4)}) == 4
    assert policy.written == 4
    assert (len(one.tally.samples), len(other.tally.samples)) == (2, 4)
    again = TextPolicy(lambda prefix, seed: "never")
    assert steps(tmp_path, again, count=4) == four
    assert again.written == 0


def test_nothing_that_states_the_answer_reaches_a_search(tmp_path: Path) -> None:
    seen = blind(PROBLEM)
    assert (seen.answer, seen.solution, seen.program, seen.given) == ("", None, None, ())
    with journal(tmp_path) as kept:
        one = asked(TextPolicy(rest(WHOLE)), kept)
    assert one.problem == seen


_TEXT = st.text(alphabet="a#1 \n\r\t\\\u2028\x00é", max_size=30)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_TEXT, blank=st.booleans())
def test_whatever_is_written_the_joined_steps_are_the_text(
    tmp_path: Path, text: str, blank: bool
) -> None:
    how = manner(splitter=BlankLine(), pause=("\n\n",)) if blank else manner()
    folder = tmp_path / str(abs(hash((text, blank))))
    found, end = walked(folder, TextPolicy(rest(text)), how)
    assert end == "stop"
    joined = "".join(found)
    assert text.startswith(joined)
    assert not text[len(joined) :].strip()  # blanks at the end are no step
    assert all(step.strip() for step in found)


def test_markup_and_lone_surrogates_in_a_step_are_text_like_any_other(tmp_path: Path) -> None:
    nasty = '<extra_0> ки {"a": 1} \x1b[31m\ud800'
    with journal(tmp_path) as kept:
        one = asked(TextPolicy(lambda prefix, seed: nasty), kept, how=manner(splitter=Newline()))
        (wrote,) = asyncio.run(one.steps((), start=0, count=1))
    assert wrote.steps == (nasty.replace("\ud800", "?"),)
    json.dumps(wrote.steps).encode()

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from benchmarks import made
from schemas import ROOT, Outcome, Problem, RunError
from tasks.problems import stage
from tasks.quality import Watch
from tasks.run_file import opened
from tasks.session import new_session, session_of
from tasks.settings import LabelRun
from tasks.shards import label_shard
from tests.runs import problem
from tests.toy_runs import toy_run

NO_ANSWER = {"kind": "scripted", "no_answer": 1.0}


def labelled(run: LabelRun) -> None:
    """Label a run's shards with the watch on, as the flow does, without Prefect."""

    async def main() -> None:
        session = new_session(run)
        async with session.kept_open():
            problems = await stage(run)
            session.watch.expect(problems.problems - problems.unjudgeable)
            async with asyncio.TaskGroup() as group:
                for shard in range(problems.shards):
                    group.create_task(label_shard.fn(run, shard))

    with opened(run):
        asyncio.run(main())


def refused(run: LabelRun) -> str:
    with pytest.raises(ExceptionGroup) as caught:
        labelled(run)
    return str(caught.value.exceptions[0])


def watched(
    tmp_path: Path, texts: Sequence[Sequence[str]], outcome: Outcome, **limits: Any
) -> Watch:
    """Show a watch the solutions of some problems, all of one outcome."""
    shards = {"size": 5, "retry_delay_s": 0} | limits
    watch = Watch(toy_run(tmp_path, shards=shards))
    watch.expect(len(texts))
    for number, solutions in enumerate(texts):
        show(watch, problem(f"What is 2 + {number}?", str(2 + number)), solutions, outcome)
    return watch


def show(watch: Watch, asked: Problem, solutions: Sequence[str], outcome: Outcome) -> None:
    for index, text in enumerate(solutions):
        one = made.rollout(
            text, outcome, problem_id=asked.id, prefix=ROOT, index=index, extracted="7"
        )
        verdict = replace(one.verdict, reason="no theory of 7")
        watch.seen(asked, replace(one, verdict=verdict))


def three(of: int, text: str = "It is {}.") -> list[list[str]]:
    return [[text.format(f"{number}-{index}") for index in range(3)] for number in range(of)]


def test_a_run_whose_answers_nobody_reads_stops_at_its_first_problems_and_says_how_they_are_stated(
    tmp_path: Path,
) -> None:
    run = toy_run(
        tmp_path, problems=90, verification={"answer_format": "boxed"}, prompt=boxed(tmp_path)
    )
    message = refused(run)
    assert message.startswith("the first 32 problems: 96 of 96 rollouts state no answer (100%")
    assert "96 of 96 state one as `#### x`" in message
    assert "--set verification.answer_format=auto reads 96 of 96" in message
    assert "e.g. ... " in message
    assert "--set shards.max_no_answer=1.00" in message


def boxed(folder: Path) -> str:
    path = folder / "boxed.yaml"
    path.write_text('name: boxed\nmode: text\nuser: "{{ question }}"\nanswer_format: boxed\n')
    return str(path)


def test_what_it_sampled_is_judged_anew_when_the_answers_are_read_in_another_form(
    tmp_path: Path,
) -> None:
    form = {"answer_format": "boxed"}
    run = toy_run(tmp_path, problems=40, verification=form, prompt=boxed(tmp_path))
    refused(run)
    anew = toy_run(tmp_path, problems=40, verification={"answer_format": "auto"}, prompt=run.prompt)
    labelled(anew)
    assert session_of(anew).board.costs.replayed >= 96


def test_a_run_of_fewer_problems_is_judged_by_all_of_them(tmp_path: Path) -> None:
    shards = {"size": 12, "retry_delay_s": 0}  # of several the first may end, and refuse, before
    run = toy_run(tmp_path, policy=NO_ANSWER, shards=shards)
    assert "the first 12 problems" in refused(run)


def test_a_run_that_solves_nothing_says_what_was_due_and_what_was_answered(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        watched(tmp_path, three(40), Outcome.INCORRECT)
    message = str(caught.value)
    assert "not one of 100 rollouts is correct" in message
    assert re.search(r"e\.g\. \S+: gold `2`, answered `7`", message)
    assert "--set shards.accept_none_correct=true" in message


def test_a_few_rollouts_without_a_right_one_say_nothing(tmp_path: Path) -> None:
    watched(tmp_path, three(30), Outcome.INCORRECT)


def test_one_right_rollout_is_enough(tmp_path: Path) -> None:
    watch = watched(tmp_path, three(31), Outcome.INCORRECT)
    show(watch, problem(), ["It is 8."], Outcome.CORRECT)
    show(watch, problem("And now?"), three(1)[0] * 9, Outcome.INCORRECT)


def test_a_server_that_ignores_seeds_is_told_by_its_texts(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        watched(tmp_path, [["It is 7."] * 3] * 32, Outcome.CORRECT)
    message = str(caught.value)
    assert "32 have the same text in all their solutions" in message
    assert "sampling.temperature is 1" in message
    assert "--set shards.max_identical=1" in message


def test_many_problems_whose_few_solutions_agree_are_no_broken_server(tmp_path: Path) -> None:
    watched(tmp_path, [["It is 7."] * 3] * 16 + three(16), Outcome.CORRECT)


def test_problems_that_miss_a_limit_by_chance_do_not_stop_a_run(tmp_path: Path) -> None:
    watch = watched(tmp_path, [], Outcome.CORRECT)
    watch.expect(32)
    for number, solutions in enumerate(three(32)):
        outcome = Outcome.UNDECIDED if number < 2 else Outcome.CORRECT
        show(watch, problem(f"{number}?"), solutions, outcome)


@pytest.mark.parametrize(
    ("outcome", "limit", "text"),
    [
        (Outcome.NO_ANSWER, {"max_no_answer": 1.0}, "It is {}."),
        (Outcome.INCORRECT, {"accept_none_correct": True}, "It is {}."),
        (Outcome.CORRECT, {"max_identical": 1.0}, "the same"),
        (Outcome.UNDECIDED, {"max_undecided": 1.0}, "It is {}."),
        (Outcome.TRUNCATED, {"max_truncated": 1.0}, "It is {}."),
    ],
)
def test_each_refusal_has_a_setting_that_accepts_it(
    tmp_path: Path, outcome: Outcome, limit: dict[str, Any], text: str
) -> None:
    texts = three(40, text)
    with pytest.raises(RunError, match=next(iter(limit))):
        watched(tmp_path, texts, outcome)
    watched(tmp_path, texts, outcome, **({"accept_none_correct": True} | limit))


def test_a_refusal_for_undecided_answers_says_why_they_are(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"96 of 96: no theory of 7") as caught:
        watched(tmp_path, three(32), Outcome.UNDECIDED)
    assert "answered `7`" in str(caught.value)


def test_a_policy_without_chance_is_refused_before_it_is_asked(tmp_path: Path) -> None:
    still = {"temperature": 0, "max_tokens": 200}
    with pytest.raises(ValidationError, match="temperature=0 gives the same text"):
        toy_run(tmp_path, sampling=still)
    toy_run(tmp_path, sampling=still, shards={"max_identical": 1})
    toy_run(tmp_path, sampling=still, labeler={"kind": "outcome", "num_solutions": 1})


def test_empty_texts_are_told_from_unread_ones(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="96 of 96 are empty: look at the prompt"):
        watched(tmp_path, [["", "", ""]] * 32, Outcome.NO_ANSWER)

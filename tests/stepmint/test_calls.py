"""Labels in plain Python: the analytic policy, the real verifier, no run."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from policies import ScriptedSettings
from schemas import Completion, CompletionRequest, ConfigError, Outcome, PolicyError
from stepmint import StepLabeler, alabel_steps, label_many, label_steps

SUM = "Add up: 3, 5, 9."
STEPS = ("3 + 5 = 8", "8 + 9 = 18", "#### 18")
RIGHT = "3 + 5 = 8\n8 + 9 = 17\n#### 17"
POLICY = {"kind": "scripted", "error": 0.05, "recovery": 0.0}
SEARCH = {"kind": "double_search", "num_solutions": 4}
USUAL: Mapping[str, Any] = {"prompt": "synthetic", "separator": "\n"}


def test_the_steps_of_a_solution_are_labelled() -> None:
    told = label_steps(SUM, STEPS, "17", policy=POLICY, labeler=SEARCH, **USUAL)
    assert told.steps == ("3 + 5 = 8\n", "8 + 9 = 18\n", "#### 18")
    assert told.labels == (True, False, None)
    assert told.first_error == 1
    assert told.solution is not None
    assert told.solution.outcome is Outcome.INCORRECT
    assert told.solution.evidence[0].correct
    assert (told.problem.question, told.problem.answer, told.set_aside) == (SUM, "17", "")


def test_a_text_is_cut_into_steps() -> None:
    told = label_steps(
        SUM,
        "3 + 5 = 8\n8 + 9 = 18\n#### 18",
        "17",
        policy=ScriptedSettings(error=0.05, recovery=0.0),
        labeler={"kind": "math_shepherd", "num_rollouts": 4},
        prompt="synthetic",
        splitter={"kind": "newline"},
    )
    assert told.labels == (True, False, None)
    everything = {"kind": "hard", "after_error": "keep"}
    again = label_steps(
        SUM, STEPS, "17", policy=POLICY, labeler={"kind": "math_shepherd"}, view=everything, **USUAL
    )
    assert again.labels == (True, False, False)


def test_a_call_may_be_awaited_and_the_other_works_in_a_loop_too() -> None:
    async def main() -> None:
        there = await alabel_steps(SUM, STEPS, "17", policy=POLICY, labeler=SEARCH, **USUAL)
        here = label_steps(SUM, STEPS, "17", policy=POLICY, labeler=SEARCH, **USUAL)
        assert there == here

    asyncio.run(main())


def test_many_solutions_come_back_in_their_order() -> None:
    items = [(SUM, STEPS, "17"), ("Add up: 1, 2.", "#### 4", "3"), (SUM, RIGHT, "17")]
    told = label_many(items, policy=POLICY, labeler=SEARCH, **USUAL)
    assert [one.problem.question for one in told] == [SUM, "Add up: 1, 2.", SUM]
    assert [one.solution and one.solution.given_id for one in told] == ["0", "1", "2"]
    assert [one.first_error for one in told] == [1, 0, -1]
    assert told[0] == label_steps(SUM, STEPS, "17", policy=POLICY, labeler=SEARCH, **USUAL)


def test_what_cannot_be_labelled_is_set_aside_beside_what_can() -> None:
    items = [(SUM, "", "17"), (SUM, RIGHT, "17"), ("Prove it.", "Clear.", "")]
    empty, fine, unknown = label_many(items, policy=POLICY, labeler={"kind": "outcome"}, **USUAL)
    assert (empty.labels, empty.steps, empty.first_error) == ((), (), None)
    assert empty.set_aside
    assert fine.labels == (True,)
    assert unknown.set_aside.startswith("gold answer: ")


def test_solutions_of_one_problem_share_what_they_have_in_common() -> None:
    async def cost(items: list[tuple[str, tuple[str, ...], str]]) -> int:
        labeler = {"kind": "math_shepherd", "num_rollouts": 4}
        async with StepLabeler(policy=POLICY, labeler=labeler, **USUAL) as mint:
            await mint.label_many(items)
            return mint.costs.rollouts

    other = (*STEPS[:1], "8 + 9 = 17", "#### 17")
    assert asyncio.run(cost([(SUM, STEPS, "17")])) == 8
    assert asyncio.run(cost([(SUM, STEPS, "17"), (SUM, other, "17")])) == 12


def test_a_journal_pays_once(tmp_path: Path) -> None:
    async def sampled() -> int:
        journal = tmp_path / "kept.journal"
        async with StepLabeler(policy=POLICY, labeler=SEARCH, journal=journal, **USUAL) as mint:
            await asyncio.gather(*(mint.label(SUM, STEPS, "17") for _ in range(3)))
            return mint.costs.sampled

    assert asyncio.run(sampled()) > 0
    assert asyncio.run(sampled()) == 0


async def write(request: CompletionRequest) -> list[str]:
    """Continue any prefix with the right answer, unless it went wrong."""
    return ["#### 18" if "18" in request.prefix.text else "#### 17" for _ in request.seeds]


def test_a_function_can_be_the_policy() -> None:
    told = label_steps(SUM, STEPS, "17", policy=write, labeler={"kind": "math_shepherd"})
    assert told.labels == (True, False, None)
    assert told.steps[0] == "3 + 5 = 8\n\n"


def test_a_right_solution_is_trusted_where_the_policy_itself_never_is() -> None:
    async def wrong(request: CompletionRequest) -> list[str]:
        return ["#### 18" for _ in request.seeds]

    items = [(SUM, RIGHT, "17"), (SUM, STEPS, "17")]
    told = label_many(items, policy=wrong, labeler=SEARCH)
    assert [one.first_error for one in told] == [-1, None]


def test_an_open_policy_stays_open() -> None:
    async def main() -> None:
        async with ScriptedSettings(error=0.05, recovery=0.0).open(Path()) as policy:
            for _ in range(2):
                told = await alabel_steps(SUM, STEPS, "17", policy=policy, labeler=SEARCH, **USUAL)
                assert told.first_error == 1

    asyncio.run(main())


def test_a_function_that_does_not_answer_for_every_seed_is_refused() -> None:
    async def lazy(request: CompletionRequest) -> list[str | Completion]:
        return ["#### 17"]

    with pytest.raises(PolicyError, match="lazy returned 1 texts for 8 seeds"):
        label_steps(SUM, STEPS, "17", policy=lazy, labeler={"kind": "math_shepherd"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"policy": {"kind": "clever"}}, "policy: .*'clever'.*scripted"),
        ({"labeler": {"kind": "outcome", "rollouts": 3}}, r"labeler\.outcome\.rollouts: Extra"),
        ({"labeler": {"kind": "omega_prm"}}, "use double_search"),
        ({"labeler": {"kind": "answer_likelihood"}, "policy": write}, "a function writes texts"),
        ({"prompt": "unheard-of"}, "unheard-of"),
        ({"view": {"kind": "softer"}}, "view: .*softer"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any], message: str) -> None:
    values = {"policy": POLICY, "labeler": SEARCH, **USUAL, **changes}
    with pytest.raises(ConfigError, match=message):
        label_steps(SUM, STEPS, "17", **values)


def test_a_secret_in_the_settings_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as told:
        label_steps(SUM, STEPS, "17", policy={"kind": "openai", "key": "sesame"}, labeler=SEARCH)
    assert "sesame" not in str(told.value)


@pytest.mark.slow
def test_nothing_of_prefect_is_imported() -> None:
    code = "import sys, stepmint; assert not {'prefect', 'torch', 'datasets'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_model_may_tell_the_steps_of_a_text_apart() -> None:
    world = ScriptedSettings(error=0.05, recovery=0.0)

    async def write(request: CompletionRequest) -> list[Completion | str]:
        if request.sampling.temperature == 0:  # the segmenter's first attempt
            return ["[1, 3]"]
        return [world.write(request, seed) for seed in request.seeds]

    splitter = {"kind": "segmenter", "pieces": {"kind": "newline"}}
    told = label_steps(
        SUM, RIGHT, "17", policy=write, labeler=SEARCH, prompt="synthetic", splitter=splitter
    )
    assert told.steps == ("3 + 5 = 8\n8 + 9 = 17\n", "#### 17")
    assert told.costs.segmented == 1

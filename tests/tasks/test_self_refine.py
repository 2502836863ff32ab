"""Self-refine and the agent's workflow: what is asked, what ends it, and no look at gold."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from schemas.recipe_folder import RecipeFolder
from tasks.recipes.folder import spent_by
from tests.tasks import recipes
from tests.tasks.killing import counting, killed
from tests.tasks.recipes import (
    Choosing,
    adds_up,
    agent_workflow,
    cooked,
    cooked_after_a_breakdown,
    cooked_past_a_budget,
    made_rows,
    open_instead,
    self_refine,
    sums,
    swap_golds,
    without_gold,
)
from tests.toy_runs import tree

NUMBERS = re.compile(r"Add up: (\d+), (\d+), (\d+)\.")
DRAFT = re.compile(r"<draft>\n(.*?)\n</draft>", re.DOTALL)


def solved(prompt: str, *, off: int = 0) -> str:
    found = NUMBERS.search(prompt)
    assert found
    first, second, third = map(int, found.groups())
    total = first + second + third + off
    two = first + second
    return f"{first} + {second} = {two}\n{two} + {third} = {total}\n#### {total}"


def adder(prompt: str) -> str:
    """Reviews as one who can add, and then puts right what is wrong."""
    draft = DRAFT.search(prompt)
    assert draft
    if "<feedback>" in prompt:
        return solved(prompt)
    return "Nothing to correct." if adds_up(draft[1]) else "An addition is wrong."


def spoiler(prompt: str) -> str:
    """Finds fault with everything, and makes it worse."""
    return solved(prompt, off=1) if "<feedback>" in prompt else "I do not like it."


def outcomes(folder: Path) -> list[tuple[int, str, str | None]]:
    found = made_rows(folder, "refinements")
    return [(row["round"], row["outcome_before"], row["outcome_after"]) for row in found]


def test_a_wrong_draft_is_put_right_and_a_right_one_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_instead(monkeypatch, Choosing(adder))
    record = cooked(self_refine(tmp_path, sums(tmp_path, 12)))
    first, second = record["rounds"]
    assert first["drafts"] == 12 == first["wrong to right"] + first["nothing to correct, right"]
    assert second["drafts"] == second["nothing to correct, right"] == first["wrong to right"] > 0
    counts = record["counts"]
    assert (counts["drafts_correct"], counts["refined_correct"]) == (
        12 - first["wrong to right"],
        12,
    )
    for row in made_rows(tmp_path, "refinements"):
        assert row["stops"] == (row["revision"] is None)
    learnt = made_rows(tmp_path, "sft")
    assert len(learnt) == counts["sft_rows"] == first["wrong to right"]
    for row in learnt:
        assert row["prompt"].endswith("</feedback>\nAnswer:\n")
        assert (row["origin"], adds_up(row["completion"])) == ("revised", True)


def test_a_right_draft_may_be_made_wrong_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_instead(monkeypatch, Choosing(spoiler, error=0.0))
    record = cooked(self_refine(tmp_path, sums(tmp_path, 3), rounds=2))
    assert [one.get("right to wrong", 0) for one in record["rounds"]] == [3, 0]
    assert [one.get("wrong to wrong", 0) for one in record["rounds"]] == [0, 3]
    assert "refined_correct" not in {name for name, n in record["counts"].items() if n}
    assert made_rows(tmp_path, "sft") == []


def test_the_revision_of_a_round_is_the_draft_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_instead(monkeypatch, Choosing(spoiler))
    cooked(self_refine(tmp_path, sums(tmp_path, 2)))
    found = made_rows(tmp_path, "refinements")
    assert [row["round"] for row in found] == [1, 2, 3] * 2
    for before, after in pairwise(found):
        if after["round"] > 1:
            assert after["draft"] == before["revision"]
            assert after["outcome_before"] == before["outcome_after"]


@pytest.mark.parametrize(
    ("feedback", "revision", "why"),
    [
        ("Well ...", "#### 1", "the feedback was cut at max_tokens"),
        ("  ", "#### 1", "the feedback is blank"),
        ("It is wrong.", "On and on ...", "the draft was cut at max_tokens"),
    ],
)
def test_what_was_cut_ends_it_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, feedback: str, revision: str, why: str
) -> None:
    def say(prompt: str) -> str:
        return revision if "<feedback>" in prompt else feedback

    open_instead(monkeypatch, Choosing(say))
    record = cooked(self_refine(tmp_path, sums(tmp_path, 2)))
    last = made_rows(tmp_path, "refinements")[-1]
    assert (last["unread"], last["revision"], last["stops"]) == (why, None, False)
    assert record["rounds"][-1][f"ended: {why}"] == 2


def plans(prompt: str) -> str:
    """Plans two additions, does them, the second one wrongly, and concludes."""
    if "Divide the work" in prompt:
        return "1. Add the first two.\n2. Add the third."
    if "[Your part]" in prompt:
        return "3 + 4 = 7" if "first two" in prompt.partition("[Your part]")[2] else "7 + 1 = 9"
    return solved(prompt)


def test_a_plan_is_worked_through_and_each_part_is_a_row_of_its_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Choosing(plans)
    open_instead(monkeypatch, writer)
    record = cooked(agent_workflow(tmp_path, sums(tmp_path, 1)))
    found = made_rows(tmp_path, "workflow")
    assert [(row["type"], row["index"]) for row in found] == [
        ("plan", 0),
        ("sub_task", 0),
        ("result", 0),
        ("tool", 0),
        ("sub_task", 1),
        ("result", 1),
        ("tool", 1),
        ("final", 0),
    ]
    tools = [(row["task"], row["text"]) for row in found if row["type"] == "tool"]
    assert tools == [("3 + 4 = 7", "proved"), ("7 + 1 = 9", "refuted")]
    assert {row["solution_outcome"] for row in found} == {"correct"}
    (second,) = [p for p in writer.prompts if "[Your part]\n\nAdd the third." in p]
    assert "<part_1>\nAdd the first two.\n3 + 4 = 7\n</part_1>" in second
    (last,) = [p for p in writer.prompts if "Parts of the work are done" in p]
    assert "(A calculator finds false: 7 + 1 = 9)" in last
    told = ("sub_tasks", "refuted_results", "solutions_correct")
    assert [record["counts"][name] for name in told] == [2, 1, 1]


def test_without_a_plan_there_is_no_solution_and_it_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_instead(monkeypatch, Choosing(lambda _: "I would add them."))
    record = cooked(agent_workflow(tmp_path, sums(tmp_path, 2)))
    found = made_rows(tmp_path, "workflow")
    assert {(row["type"], row["unread"]) for row in found} == {
        ("plan", "it lists no numbered sub-task")
    }
    assert {row["solution_outcome"] for row in found} == {None}
    assert record["counts"]["unread: it lists no numbered sub-task"] == 2


def test_a_part_without_a_result_is_shown_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def say(prompt: str) -> str:
        return "I go on ..." if "[Your part]" in prompt else plans(prompt)

    writer = Choosing(say)
    open_instead(monkeypatch, writer)
    cooked(agent_workflow(tmp_path, sums(tmp_path, 1)))
    results = [row for row in made_rows(tmp_path, "workflow") if row["type"] == "result"]
    assert {row["unread"] for row in results} == {"the result was cut at max_tokens"}
    assert any("(This part has no result.)" in prompt for prompt in writer.prompts)


@pytest.mark.parametrize(
    ("make", "say", "product"),
    [(self_refine, adder, "refinements"), (agent_workflow, plans, "workflow")],
)
def test_other_golds_change_verdicts_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any, say: Any, product: str
) -> None:
    source, asked = sums(tmp_path, 6), []
    for folder in (tmp_path, tmp_path / "other"):
        writer = Choosing(say)
        open_instead(monkeypatch, writer)
        cooked(make(folder, source))
        asked.append(writer.prompts)
        swap_golds(monkeypatch)
    here, there = (made_rows(folder, product) for folder in (tmp_path, tmp_path / "other"))
    assert without_gold(here) == without_gold(there)
    assert here != there
    assert asked[0] == asked[1]
    assert not any("Secretly" in prompt for prompt in asked[0])


@pytest.mark.parametrize(("make", "say"), [(self_refine, spoiler), (agent_workflow, plans)])
def test_a_breakdown_half_way_pays_for_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any, say: Any
) -> None:
    recipe = make(tmp_path, sums(tmp_path, 7))
    cooked_after_a_breakdown(monkeypatch, recipe, Choosing(say, fail_after=13), Choosing(say))


def test_a_budget_ends_it_whole_and_a_larger_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, source = Choosing(spoiler), sums(tmp_path, 9)
    small = self_refine(tmp_path, source, budget={"rollouts": 40})
    large = self_refine(tmp_path, source)
    assert cooked_past_a_budget(monkeypatch, small, large, writer) == 40
    assert writer.written == 9 * 7
    assert len(made_rows(tmp_path, "refinements")) == 27


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "deeds"),
    [("best_of_n", 40), ("stepwise", 60), ("self_refine", 75), ("agent_workflow", 40)],
)
def test_after_a_kill_nothing_is_paid_twice_and_the_products_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, deeds: int
) -> None:
    source, make = sums(tmp_path, 12), getattr(recipes, name)
    whole, cut = tmp_path / "a", tmp_path / "b"
    cut.mkdir()
    cooked(make(whole, source))
    call = (
        f"from tests.tasks.recipes import cooked, {name}; from pathlib import Path; "
        f"cooked({name}(Path({str(cut)!r}), Path({str(source)!r})))"
    )
    killed(call, deeds, cut)
    recipe = make(cut, source)
    had, written = spent_by(RecipeFolder(recipe.folder)).rollouts, counting(monkeypatch)
    record = cooked(recipe)
    assert had
    assert had + written.count == record["paid"]["rollouts"]
    products = [tree(one / "output", lambda p: p.suffix == ".parquet") for one in (whole, cut)]
    assert products[0] == products[1]

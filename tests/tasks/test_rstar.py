"""rStar as a recipe: what its tables hold, that gold is not seen, that nothing is paid twice."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from labelers.rstar import FOLLOWS, Action
from policies.scripted import ScriptedSettings
from schemas import Completion, CompletionRequest, RunError
from schemas.recipe_folder import RecipeFolder
from tasks.recipes import RStar
from tasks.recipes.folder import spent_by
from tests.tasks.killing import counting, killed
from tests.tasks.recipes import (
    TextWriter,
    cooked,
    cooked_after_a_breakdown,
    made_rows,
    open_instead,
    questions,
    rstar,
    sums,
    swap_golds,
)
from tests.toy_runs import tree

PRODUCTS = ("tree", "trajectories", "candidates", "masks", "winners")
GOLD = {
    "answer",
    "outcome",
    "gold_decided",
    "gold_correct",
    "gold_q_value",
    "gold_reward",
    "winner_outcome",
    "majority_outcome",
    "oracle",
}
"""Cells that may depend on the gold answer; `answer` is gold itself, but in a tree."""


def rows(folder: Path, product: str) -> list[dict[str, Any]]:
    return list(pq.read_table(folder / f"output/made/{product}.parquet").to_pylist())


def by_problem(folder: Path, product: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(folder, product):
        found.setdefault(row["problem_id"], []).append(row)
    return found


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("rstar")
    return folder, cooked(rstar(folder, sums(folder, 8)))


def test_n_and_q_of_every_edge_are_those_of_the_ways_through_it(
    done: tuple[Path, dict[str, Any]],
) -> None:
    trees, ways = by_problem(done[0], "tree"), by_problem(done[0], "trajectories")
    assert len(trees) == 8
    for problem, edges in trees.items():
        assert len(ways[problem]) == 6
        for edge in edges:
            through = [
                way for way in ways[problem] if edge["node"] == 0 or edge["node"] in way["nodes"]
            ]
            assert edge["visits"] == len(through)
            assert edge["reward_sum"] == pytest.approx(sum(way["reward"] for way in through))
            judged = [way["gold_reward"] for way in through if way["gold_reward"] is not None]
            assert (edge["gold_decided"], edge["gold_correct"]) == (len(judged), sum(judged))


def test_rewards_are_the_votes_share_and_gold_stands_beside_them(
    done: tuple[Path, dict[str, Any]],
) -> None:
    found = rows(done[0], "trajectories")
    assert any(way["reward"] not in (0.0, 1.0) for way in found)
    assert {way["gold_reward"] for way in found} == {0.0, 1.0}
    for way in found:
        last = way["steps"][-1]
        counts = {spelling: one["count"] for one in last["votes"] for spelling in one["spellings"]}
        share = counts.get(way["final_answer"], 0) / (last["samples"] - last["truncated"])
        assert way["reward"] == last["value"] == share
        assert (way["outcome"] == "correct") == (way["gold_reward"] == 1.0)


def test_steps_are_typed_and_follow_the_grammar(done: tuple[Path, dict[str, Any]]) -> None:
    for way in rows(done[0], "trajectories"):
        actions = [None, *map(Action, way["actions"])]
        for before, action in pairwise(actions):
            assert action in FOLLOWS[before]
        assert [step["type"] for step in way["steps"]] == way["actions"]
        assert all(
            bool(step["subquestion"]) == (step["type"] in ("subquestion", "reanswer"))
            for step in way["steps"]
        )
    taken = {edge["action"] for edge in rows(done[0], "tree")}
    assert taken == {None, *(one.value for one in Action)}


def test_candidates_are_the_distinct_solutions_with_how_often_the_tree_has_them(
    done: tuple[Path, dict[str, Any]],
) -> None:
    trees, candidates = by_problem(done[0], "tree"), by_problem(done[0], "candidates")
    for problem, some in candidates.items():
        leaves = Counter(one["solution"] for one in trees[problem] if one["terminal"])
        assert {one["text"]: one["frequency"] for one in some} == leaves
        assert any(one["frequency"] > 1 for one in some) or len(some) == len(leaves)


def test_masks_agree_with_the_candidates_own_answer_and_half_of_them_keep_it(
    done: tuple[Path, dict[str, Any]],
) -> None:
    candidates = {(one["problem_id"], one["candidate"]): one for one in rows(done[0], "candidates")}
    masks: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for mask in rows(done[0], "masks"):
        masks.setdefault((mask["problem_id"], mask["candidate"]), []).append(mask)
    assert masks
    for key, some in masks.items():
        one = candidates[key]
        assert [mask["share"] for mask in some] == [0.2, 0.3, 0.4, 0.5]
        assert all(one["text"].startswith(mask["prefix"]) for mask in some)
        agreed = [mask["extracted"] == one["final_answer"] for mask in some]
        assert [mask["agrees"] for mask in some] == agreed
        assert one["kept"] == (sum(agreed) >= 2)
    assert any(one["kept"] and one["outcome"] == "incorrect" for one in candidates.values())


def test_winners_stand_beside_the_vote_and_the_best_there_was(
    done: tuple[Path, dict[str, Any]],
) -> None:
    folder, record = done
    found = rows(folder, "winners")
    counts = record["counts"]
    assert counts["winner_right"] == sum(one["winner_outcome"] == "correct" for one in found)
    assert counts["oracle_right"] == sum(one["oracle"] for one in found)
    assert {one["by"] for one in found} <= {"mutual_consistency", "vote", "agreement"}
    for one in found:
        assert one["oracle"] or "correct" not in (one["winner_outcome"], one["majority_outcome"])


def test_every_sample_is_there_with_its_seed_and_what_it_cost(
    done: tuple[Path, dict[str, Any]],
) -> None:
    folder, record = done
    samples = made_rows(folder, "samples")
    assert len(samples) == record["counts"]["samples"]
    assert {one["part"] for one in samples} == {
        *("step", "rest", "subquestion", "subanswer", "rephrase")
    }
    limits = {(one["part"], one["max_tokens"]) for one in samples}
    assert limits >= {("step", 256), ("rest", 200), ("subquestion", 128), ("subanswer", 512)}
    completed = made_rows(folder, "completed")
    paid = record["paid"]
    assert paid["rollouts"] == len(samples) + len(completed)
    assert paid["tokens"] == sum(one["completion_tokens"] for one in (*samples, *completed))


def test_no_choice_of_search_discriminator_or_winner_depends_on_gold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: tuple[Path, dict[str, Any]]
) -> None:
    swap_golds(monkeypatch)
    record = cooked(rstar(tmp_path, sums(tmp_path, 8)))
    assert record["counts"]["oracle_right"] == 0
    assert not rows(tmp_path, "top_traces")
    for product in PRODUCTS:
        hidden = GOLD - ({"answer"} if product == "tree" else set())
        here, there = (
            [
                {name: _blind(cell) for name, cell in row.items() if name not in hidden}
                for row in rows(folder, product)
            ]
            for folder in (tmp_path, done[0])
        )
        assert here == there, product


def _blind(cell: Any) -> Any:
    """Return a cell without the verdicts inside."""
    if isinstance(cell, dict):
        return {name: _blind(value) for name, value in cell.items() if name != "outcome"}
    return [_blind(one) for one in cell] if isinstance(cell, list) else cell


def test_no_prompt_shows_more_than_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = ScriptedSettings(error=0.3)
    asked: list[CompletionRequest] = []

    class Watched(TextWriter):
        def reply(self, request: CompletionRequest, seed: int) -> Completion:
            asked.append(request)
            return world.write(request, seed)

    writer = Watched(lambda *_: "")
    open_instead(monkeypatch, writer)
    cooked(rstar(tmp_path, sums(tmp_path, 3)))
    assert not any("Secretly" in prompt for prompt in writer.prompts)
    # What nobody wrote cannot be known: no prefix but those that the policies wrote themselves.
    keys = [(request.prompt, request.prefix.text, request.sampling) for request in writer.asked]
    spans = [(*key, request.seeds) for key, request in zip(keys, writer.asked, strict=True)]
    assert len(spans) == len(set(spans))  # nothing is asked twice, wherever it stands in a tree


def test_an_expansion_is_a_handful_of_requests_for_dozens_of_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = ScriptedSettings(error=0.3)

    class World(TextWriter):
        def reply(self, request: CompletionRequest, seed: int) -> Completion:
            return world.write(request, seed)

    writer = World(lambda *_: "")
    open_instead(monkeypatch, writer)
    whole = {"rollouts": 1, "depth": 1, "votes": 32, "subanswer_votes": 10}
    source = questions(tmp_path, [{"question": "Add up: 3, 5, 9, 4.", "answer": "21"}])
    cooked(rstar(tmp_path, source, tree=whole, second={"policy": None}))
    sizes = [len(request.seeds) for request in writer.asked]
    # A1 3, A2 32, A3 3 and an answer each, A5 1: sixteen samples of a request at most.
    assert sizes.count(16) in (2, 4)
    assert sum(sizes) >= 3 + 32 + 3 + 10 + 1
    assert len(sizes) <= 1 + 2 + 1 + 3 * 2 + 1


def second_policy(monkeypatch: pytest.MonkeyPatch, reply: str) -> TextWriter:
    """Have whoever completes behind masks write this; the trees are the scripted world's."""
    writer = TextWriter(lambda *_: reply)
    really = ScriptedSettings.open
    open_instead(monkeypatch, writer)
    instead = ScriptedSettings.open
    monkeypatch.setattr(
        ScriptedSettings,
        "open",
        lambda self, run_dir: (instead if self.seed else really)(self, run_dir),
    )
    return writer


@pytest.mark.parametrize(
    ("reply", "agrees", "by"),
    [("\n#### 7654321", False, "vote"), (" and on ...", None, "vote"), ("\nHm.", False, "vote")],
)
def test_what_a_second_policy_cannot_back_is_not_kept_and_cut_ones_count_as_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reply: str, agrees: bool | None, by: str
) -> None:
    writer = second_policy(monkeypatch, reply)
    cooked(rstar(tmp_path, sums(tmp_path, 3)))
    assert writer.written
    assert {mask["agrees"] for mask in rows(tmp_path, "masks")} == {agrees}
    assert not any(one["kept"] for one in rows(tmp_path, "candidates"))
    asked = [one for one in rows(tmp_path, "winners") if one["by"] != "agreement"]
    assert {one["by"] for one in asked} == {by}
    assert all(one["winner"] == one["majority"] for one in asked)


def test_a_wrong_answer_that_is_backed_wins_over_a_right_majority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The published code would take the vote here: none of the kept is right."""
    writer = second_policy(monkeypatch, "\n#### 15")  # 2 + 5 + 7 is 14
    cooked(rstar(tmp_path, sums(tmp_path, 1)))
    assert writer.written
    (won,) = rows(tmp_path, "winners")
    assert (won["winner_answer"], won["by"]) == ("15", "mutual_consistency")
    assert (won["winner_outcome"], won["majority_answer"], won["oracle"]) == (
        "incorrect",
        "14",
        True,
    )


def test_who_agrees_already_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = second_policy(monkeypatch, "\n#### 1")
    policy = {"kind": "scripted", "error": 0.0}
    record = cooked(rstar(tmp_path, sums(tmp_path, 3), policy=policy))
    assert not writer.written
    assert {one["by"] for one in rows(tmp_path, "winners")} == {"agreement"}
    assert record["counts"]["winner_right"] == 3


def test_rows_to_learn_from_are_right_and_state_their_answer_as_the_prompt_asks(
    done: tuple[Path, dict[str, Any]],
) -> None:
    found = rows(done[0], "top_traces")
    assert found
    assert max(Counter(row["problem_id"] for row in found).values()) <= 2
    candidates = {(one["problem_id"], one["candidate"]): one for one in rows(done[0], "candidates")}
    for row in found:
        one = candidates[row["problem_id"], row["candidate"]]
        assert (one["outcome"], one["text"].strip()) == ("correct", row["completion"])
        assert "####" in row["completion"]
        assert 0 < row["min_q"] <= row["mean_q"] <= 1


def test_pairs_of_steps_are_siblings_of_which_gold_finds_one_better(
    done: tuple[Path, dict[str, Any]],
) -> None:
    folder, record = done
    edges = {(one["problem_id"], one["node"]): one for one in rows(folder, "tree")}
    pairs = rows(folder, "step_pairs")
    assert len(pairs) == record["counts"]["step_pairs"] > 0
    for pair in pairs:
        better, worse = (
            edges[pair["problem_id"], pair[which]] for which in ("chosen_index", "rejected_index")
        )
        above = edges[pair["problem_id"], better["parent"]]
        assert better["parent"] == worse["parent"]
        assert better["gold_q_value"] - worse["gold_q_value"] >= 0.25
        assert pair["prompt"].endswith(above["solution"] or "Answer:\n")
        assert above["solution"] + pair["chosen"] == better["solution"]
        assert above["solution"] + pair["rejected"] == worse["solution"]
        assert pair["step_index"] == above["depth"]


def test_chat_prompts_go_on_in_the_policys_own_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(prompt: str, prefix: str, seed: int) -> str:
        if prefix.endswith("Question 1:"):
            return " What are both?"
        if prefix.endswith("Answer 1:"):
            return " They are 14. The answer is 14."
        return " Two. Question: Add up." if prefix.endswith("Condition 1:") else "\\boxed{14}"

    writer = TextWriter(write)
    open_instead(monkeypatch, writer)
    cooked(rstar(tmp_path, sums(tmp_path, 1), prompt="zero-shot", verification={}, pause=[]))
    (row, *_) = rows(tmp_path, "top_traces")
    assert [turn["role"] for turn in row["prompt"]] == ["user"]
    assert row["completion"] == [{"role": "assistant", "content": "\\boxed{14}"}]
    assert any("Take the question apart" in prompt for prompt in writer.prompts)


def test_a_breakdown_half_way_pays_for_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: tuple[Path, dict[str, Any]]
) -> None:
    world = ScriptedSettings(error=0.3)

    class World(TextWriter):
        identity = f"scripted:{world.model_dump_json(exclude={'kind'})}"

        def reply(self, request: CompletionRequest, seed: int) -> Completion:
            return world.write(request, seed)

    recipe = rstar(tmp_path, sums(tmp_path, 8), second={"policy": None})
    breaking, rest = World(lambda *_: "", fail_after=300), World(lambda *_: "")
    record = cooked_after_a_breakdown(monkeypatch, recipe, breaking, rest)
    assert rows(tmp_path, "tree") == rows(done[0], "tree")
    monkeypatch.setattr(ScriptedSettings, "open", None)  # it is not opened any more
    assert cooked(recipe) == record


def test_a_budget_ends_it_whole_and_a_larger_one_goes_on(
    tmp_path: Path, done: tuple[Path, dict[str, Any]]
) -> None:
    folder, record = done
    source, whole = sums(tmp_path, 8), record["paid"]["rollouts"]
    ended = cooked(rstar(tmp_path, source, budget={"rollouts": whole // 3}))
    assert ended["status"] == "budget reached"
    assert ended["paid"]["rollouts"] <= whole // 3
    assert not list((tmp_path / "output/made").glob("t*.parquet"))
    more = cooked(rstar(tmp_path, source, budget={"rollouts": whole}))
    assert (more["status"], more["paid"]["rollouts"]) == ("finished", whole)
    for product in PRODUCTS:
        assert rows(tmp_path, product) == rows(folder, product)


def test_what_cannot_work_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    source = sums(tmp_path, 2)
    with pytest.raises(ValueError, match="temperature=0 gives the same text"):
        rstar(tmp_path, source, sampling={"temperature": 0})
    with pytest.raises(ValueError, match="add rest, which ends ways"):
        rstar(tmp_path, source, tree={"actions": ["one_step"]})
    cooked(rstar(tmp_path, source, second={"policy": None}))
    with pytest.raises(RunError, match=r"tree\.rollouts: was 6, now 7"):
        cooked(rstar(tmp_path, source, tree={"rollouts": 7}, second={"policy": None}))


@pytest.mark.slow
@pytest.mark.parametrize("deeds", [14, 60, 300, 420, 450])
def test_after_a_kill_nothing_is_paid_twice_and_the_products_are_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    done: tuple[Path, dict[str, Any]],
    deeds: int,
) -> None:
    source = sums(tmp_path, 8)
    call = (
        "from tests.tasks.recipes import cooked, rstar; from pathlib import Path; "
        f"cooked(rstar(Path({str(tmp_path)!r}), Path({str(source)!r})))"
    )
    killed(call, deeds, tmp_path, torn=deeds == 60)
    recipe: RStar = rstar(tmp_path, source)
    had = spent_by(RecipeFolder(recipe.folder)).rollouts
    written = counting(monkeypatch)
    record = cooked(recipe)
    assert had + written.count == record["paid"]["rollouts"]
    products = [
        tree(one / "output", lambda p: p.suffix == ".parquet") for one in (tmp_path, done[0])
    ]
    assert products[0] == products[1]

"""Best of N, whole and step by step: who chose what, what cannot be read, and no look at gold."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from schemas import RunError
from schemas.run_folder import RunFolder
from tasks.settings import LabelRun
from tests.tasks.recipes import (
    Choosing,
    adds_up,
    best,
    best_of_n,
    candidates_in,
    cooked,
    cooked_after_a_breakdown,
    cooked_past_a_budget,
    made_rows,
    open_instead,
    stepwise,
    sums,
    swap_golds,
    without_gold,
)
from tests.tasks.searches import Adder
from tests.tasks.test_shards import label_all
from tests.toy_runs import settings as toy_settings


def graded(monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict[str, str]:
    """Have a reward model that can add; torch takes seconds to import."""
    loaded = SimpleNamespace(load_grader=lambda *_, **__: Adder())
    monkeypatch.setitem(__import__("sys").modules, "prm.grading", loaded)
    (folder / "adder").mkdir()
    return {"kind": "prm", "model": str(folder / "adder"), "aggregation": "min"}


def test_the_policy_chooses_by_number_whatever_the_order_in_which_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Choosing(best)
    open_instead(monkeypatch, writer)
    record = cooked(best_of_n(tmp_path, sums(tmp_path, 12)))
    found = made_rows(tmp_path, "choices")
    assert len(found) == 12
    for row in found:
        texts = [one["text"] for one in row["candidates"]]
        assert adds_up(texts[row["chosen_index"]]) or not any(map(adds_up, texts))
        outcome = row["candidates"][row["chosen_index"]]["outcome"]
        assert row["chosen_outcome"] == outcome
        assert (row["oracle_index"] is not None) == (row["correct"] > 0)
        if row["replies"]:
            shown = candidates_in(row["chooser_prompt"][0]["content"])
            assert shown == [texts[at] for at in row["shown"]]
    assert len({tuple(row["shown"]) for row in found if len(row["shown"]) == 3}) > 1
    counts = record["counts"]
    assert counts["chosen_correct"] == counts["any_correct"] > counts["majority_correct"]
    assert record["paid"]["rollouts"] == writer.written == 12 * 4 + counts["replies"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("The first one.", "it names no candidate"),
        ("Best candidate: 7", "it names a candidate that is not there"),
        ("Best candidate: 1 or best candidate: 2", "it names several candidates"),
        ("Let me see ...", "cut at max_tokens"),
    ],
)
def test_a_choice_that_cannot_be_read_is_none_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, why: str
) -> None:
    open_instead(monkeypatch, Choosing(lambda _: said, error=0.5))
    record = cooked(best_of_n(tmp_path, sums(tmp_path, 4), chooser={"kind": "self", "tries": 2}))
    asked = [row for row in made_rows(tmp_path, "choices") if len(row["shown"]) > 1]
    assert asked
    for row in asked:
        assert (row["chosen_index"], row["chosen_outcome"], row["unread"]) == (None, None, why)
        assert [one["unread"] for one in row["replies"]] == [why, why]
        assert [one["temperature"] for one in row["replies"]] == [0.0, 0.7]
        assert row["majority_index"] is not None
    assert record["counts"][f"unread: {why}"] == 2 * len(asked)
    assert record["counts"]["nothing_chosen"] == len(asked)


def test_candidates_that_are_one_text_are_not_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Choosing(best, error=0.0)
    open_instead(monkeypatch, writer)
    cooked(best_of_n(tmp_path, sums(tmp_path, 3)))
    assert not writer.replies_to("Best candidate")
    assert {row["chosen_index"] for row in made_rows(tmp_path, "choices")} == {0}


def test_a_candidate_that_was_cut_is_neither_shown_nor_votes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_instead(monkeypatch, Choosing(best))
    sampling = {"temperature": 1.0, "max_tokens": 3}
    record = cooked(best_of_n(tmp_path, sums(tmp_path, 2), sampling=sampling))
    for row in made_rows(tmp_path, "choices"):
        assert (row["unread"], row["shown"]) == ("nothing to choose from", [])
        assert (row["chosen_index"], row["majority_index"], row["decided"]) == (None, None, 0)
    assert record["counts"]["nothing to choose from"] == 2


def test_a_reward_model_chooses_the_highest_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chooser = graded(monkeypatch, tmp_path)
    record = cooked(best_of_n(tmp_path, sums(tmp_path, 6), chooser=chooser))
    for row in made_rows(tmp_path, "choices"):
        scores = [one["score"] for one in row["candidates"]]
        if len(row["shown"]) > 1:
            assert scores[row["chosen_index"]] == max(scores[at] for at in row["shown"])
        assert (row["chooser"], row["chooser_prompt"]) == ("prm", None)
        assert row["prm"].endswith(" str")
    assert record["counts"]["chosen_correct"] == record["counts"]["any_correct"]


@pytest.mark.parametrize(("make", "product"), [(best_of_n, "choices"), (stepwise, "siblings")])
def test_other_golds_change_verdicts_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any, product: str
) -> None:
    open_instead(monkeypatch, Choosing(best))
    source, more = sums(tmp_path, 6), {"probes": 2} if make is stepwise else {}
    record = cooked(make(tmp_path, source, **more))
    swap_golds(monkeypatch)
    other = cooked(make(tmp_path / "other", source, **more))
    found, there = (made_rows(folder, product) for folder in (tmp_path, tmp_path / "other"))
    assert without_gold(found) == without_gold(there)
    assert found != there
    right = "chosen_correct" if make is best_of_n else "solutions_correct"
    assert record["counts"][right] > 3
    assert right not in +Counter(other["counts"])


def test_steps_are_chosen_one_by_one_until_the_solution_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_instead(monkeypatch, Choosing(best))
    record = cooked(stepwise(tmp_path, sums(tmp_path, 8)))
    siblings = made_rows(tmp_path, "siblings")
    for walk in made_rows(tmp_path, "walks"):
        ours = [row for row in siblings if row["problem_id"] == walk["problem_id"]]
        chosen = [row["alternatives"][row["chosen_index"]] for row in ours]
        assert [one["text"] for one in chosen] == walk["steps"]
        assert [row["step_index"] for row in ours] == list(range(len(ours)))
        assert [len(row["prefix"]) for row in ours] == list(range(len(ours)))
        assert (walk["ended"], chosen[-1]["end"]) == ("stop", "stop")
        assert {row["solution_outcome"] for row in ours} == {walk["outcome"]}
    assert record["counts"]["ended: by itself"] == 8
    assert record["counts"]["solutions_correct"] >= 7


def test_the_chosen_step_is_preferred_to_each_that_was_shown_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_instead(monkeypatch, Choosing(best))
    record = cooked(stepwise(tmp_path, sums(tmp_path, 8)))
    pairs = made_rows(tmp_path, "step_pairs")
    assert len(pairs) == record["counts"]["step_pairs"] > 0
    for pair in pairs:
        assert pair["chosen"].strip() != pair["rejected"].strip()
        assert adds_up(pair["chosen"]) or not adds_up(pair["rejected"])
        assert pair["prompt"].count("\n") == 2 + pair["step_index"]
        assert pair["chooser"] == "self"


def test_a_step_of_equal_score_is_not_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cooked(stepwise(tmp_path, sums(tmp_path, 8), chooser=graded(monkeypatch, tmp_path)))
    for pair in made_rows(tmp_path, "step_pairs"):
        assert adds_up(pair["chosen"])
        assert not adds_up(pair["rejected"])


def test_the_walk_ends_where_nothing_is_chosen_and_at_the_limit_of_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_instead(monkeypatch, Choosing(lambda _: "Hm.", error=0.5))
    cooked(stepwise(tmp_path, sums(tmp_path, 6)))
    unread = [row for row in made_rows(tmp_path, "walks") if row["ended"] == "unread"]
    assert unread
    last = {row["problem_id"]: row for row in made_rows(tmp_path, "siblings")}
    assert all(last[row["problem_id"]]["unread"] == "it names no candidate" for row in unread)
    assert {row["outcome"] for row in unread} == {"truncated"}
    open_instead(monkeypatch, Choosing(best))
    cooked(stepwise(tmp_path / "short", sums(tmp_path, 3), most_steps=2))
    short = made_rows(tmp_path / "short", "walks")
    assert {(row["ended"], len(row["steps"])) for row in short} == {("steps", 2)}


def test_probes_count_verdicts_behind_each_alternative_and_end_solutions_to_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_instead(monkeypatch, Choosing(best, error=0.4))
    source = sums(tmp_path, 5)
    cooked(stepwise(tmp_path, source, probes=3))
    probed = [
        (row, one) for row in made_rows(tmp_path, "siblings")
        for at, one in enumerate(row["alternatives"]) if at in row["shown"]
    ]  # fmt: skip
    for _, one in probed:
        total = sum(one["evidence"][name] for name in ("correct", "incorrect", "no_answer"))
        assert total == (1 if one["end"] else 3)
        assert one["evidence"]["stop_rule"] == ("terminal" if one["end"] else "fixed")
    probes = made_rows(tmp_path, "probes")
    assert len(probes) == len(probed)
    for probe in probes:
        assert len(probe["steps"]) > probe["step_index"]
        assert "#### " in probe["steps"][-1]


def test_a_run_labels_each_alternative_as_a_step_of_a_probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_instead(monkeypatch, Choosing(best, error=0.4))
    cooked(stepwise(tmp_path, sums(tmp_path, 3), probes=1))
    monkeypatch.undo()
    values = toy_settings(tmp_path, problems=1, labeler={"kind": "math_shepherd"})
    del values["source"]
    given = {"kind": "file", "path": str(tmp_path / "output/made/probes")}
    run = LabelRun.model_validate(values | {"solutions": given, "name": "labelled"})
    label_all(run)
    labelled = {row.solution.given_id: row.solution for row in RunFolder(run.folder).solutions()}
    probes = {probe["id"]: probe for probe in made_rows(tmp_path, "probes")}
    assert labelled
    for id, solution in labelled.items():
        assert id is not None
        assert list(solution.steps) == probes[id]["steps"]
        assert solution.evidence[probes[id]["step_index"]].total


@pytest.mark.parametrize("make", [best_of_n, stepwise])
def test_a_breakdown_half_way_pays_for_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any
) -> None:
    recipe = make(tmp_path, sums(tmp_path, 9))
    breaking = Choosing(best, fail_after=25)
    record = cooked_after_a_breakdown(monkeypatch, recipe, breaking, Choosing(best))
    alone = Choosing(best)
    open_instead(monkeypatch, alone)
    (tmp_path / "whole").mkdir()
    again = cooked(make(tmp_path / "whole", sums(tmp_path, 9)))
    assert again["counts"] == record["counts"]
    assert alone.written == record["paid"]["rollouts"]


def test_a_budget_ends_it_whole_and_a_larger_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sums(tmp_path, 9)
    small = best_of_n(tmp_path, source, budget={"rollouts": 26})
    large = best_of_n(tmp_path, source)
    assert cooked_past_a_budget(monkeypatch, small, large, Choosing(best)) <= 27
    assert len(made_rows(tmp_path, "choices")) == 9


def test_another_policy_does_not_go_on_where_one_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sums(tmp_path, 9)
    cooked(best_of_n(tmp_path, source, budget={"rollouts": 22}))
    open_instead(monkeypatch, Choosing(best))
    with pytest.raises(RunError, match="was begun with scripted"):
        cooked(best_of_n(tmp_path, source))
    with pytest.raises(RunError, match=r"chooser\.tries: was 3, now 2"):
        cooked(best_of_n(tmp_path, source, chooser={"kind": "self", "tries": 2}))

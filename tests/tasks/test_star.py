"""STaR and V-STaR: what is kept and learnt from, what a hint may show, nothing paid twice."""

import re
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from policies.scripted import ScriptedSettings
from rollouts import load_template
from schemas import ConfigError, RunError
from schemas.recipe_folder import RecipeFolder
from tasks.recipes.folder import spent_by
from tests.tasks.killing import counting, killed
from tests.tasks.recipes import (
    TextWriter,
    cooked,
    cooked_after_a_breakdown,
    cooked_past_a_budget,
    open_instead,
    questions,
    star,
    sums,
    v_star,
)
from tests.toy_runs import tree

BETTER = (
    "import os,pathlib as p; m=p.Path(os.environ['STEPMINT_MODEL']); "
    "e=0.3-0.14*int(os.environ['STEPMINT_ROUND']); "
    "(m/'policy.yaml').write_text(f'kind: scripted\\nerror: {e:.2f}\\n')"
)
"""A training command: the policy of the next round errs less."""
LEARN = [sys.executable, "-c", BETTER]
HINTED = re.compile(r"Question: (.*) \((.*)\)\nAnswer:\n$")


def rows(folder: Path, product: str, number: int = 1) -> list[dict[str, Any]]:
    path = folder / f"output/made/round-{number}/{product}.parquet"
    return list(pq.read_table(path).to_pylist())


def numbers(text: str) -> list[int]:
    return [int(one) for one in re.findall(r"\d+", text)]


def needs_a_hint(prompt: str, prefix: str, seed: int) -> str:
    """Wrong by one, but for who is told the answer; then it derives it."""
    hinted = HINTED.search(prompt)
    first, second, third = numbers(prompt)[:3]
    total = first + second + third - (0 if hinted else 1)
    return (
        f"{first} + {second} = {first + second}\n{first + second} + {third} = {total}\n#### {total}"
    )


def test_what_the_policy_solves_is_learnt_from_and_what_it_fails_at_is_rationalised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TextWriter(needs_a_hint)
    open_instead(monkeypatch, writer)
    record = cooked(star(tmp_path, sums(tmp_path, 7)))
    (told,) = record["rounds"]
    assert (told["solutions"], told["solutions_kept"]) == (7, 0)
    assert (told["rationales"], told["rationales_kept"], told["sft_rows"]) == (7, 7, 7)
    assert writer.written == 14
    assert {row["origin"] for row in rows(tmp_path, "sft")} == {"rationalised"}
    assert record["paid"] == {
        "rollouts": 14,
        "tokens": sum(r["completion_tokens"] for r in rows(tmp_path, "attempts")),
    }


def test_a_row_is_saved_without_its_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_instead(monkeypatch, TextWriter(needs_a_hint))
    cooked(star(tmp_path, sums(tmp_path, 3)))
    prompts = [row["prompt"] for row in rows(tmp_path, "sft")]
    assert prompts[0] == "Question: Add up: 2, 5, 7.\nAnswer:\n"
    assert not any("(" in prompt for prompt in prompts)
    hinted = [row for row in rows(tmp_path, "attempts") if row["origin"] == "rationalised"]
    assert {row["hint_kind"] for row in hinted} == {"final_answer"}
    assert all(row["prompt"].startswith("rationale-text@") for row in hinted)


def test_no_prompt_shows_the_reference_solution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TextWriter(needs_a_hint)
    open_instead(monkeypatch, writer)
    cooked(star(tmp_path, sums(tmp_path, 3)))
    assert len(writer.prompts) == 6
    assert not any("Secretly" in prompt for prompt in writer.prompts)
    hints = [found[2] for prompt in writer.prompts if (found := HINTED.search(prompt))]
    assert sorted(hints) == ["14", "17", "20"]


def test_a_rationale_that_leans_on_its_hint_is_refused_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaning(prompt: str, prefix: str, seed: int) -> str:
        honest = needs_a_hint(prompt, prefix, seed)
        if not HINTED.search(prompt):
            return honest
        return f"The hint says so.\n{honest}" if "Add up: 2," in prompt else honest

    open_instead(monkeypatch, TextWriter(leaning))
    record = cooked(star(tmp_path, sums(tmp_path, 3)))
    assert record["rounds"][0]["refused"] == 1
    refused = [row for row in rows(tmp_path, "attempts") if row["refused"]]
    assert [(row["outcome"], row["kept"], row["refused"]) for row in refused] == [
        ("correct", False, "it mentions the hint")
    ]
    (never,) = rows(tmp_path, "never_solved")
    assert (never["question"], never["attempts"], never["rationales"]) == ("Add up: 2, 5, 7.", 1, 1)
    assert never["majority"] == "13"


@pytest.mark.parametrize("written", ["1,000", "1000.0", "$1{,}000$", "1000 dollars"])
def test_answers_are_judged_and_not_compared_as_strings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    open_instead(monkeypatch, TextWriter(lambda *_: f"600 + 400 = 1000\n#### {written}"))
    asked = questions(tmp_path, [{"question": "What are 600 and 400?", "answer": "1000"}])
    assert cooked(star(tmp_path, asked))["rounds"][0]["solutions_kept"] == 1


def test_examples_of_the_prompt_are_not_among_the_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TextWriter(lambda *_: "1 + 1 = 2\n#### 2")
    open_instead(monkeypatch, writer)
    shot = load_template("gsm8k").examples[0]
    asked = questions(
        tmp_path,
        [
            {"question": f"  {shot.question.upper()} ", "answer": "27"},
            {"question": "What is 1 + 1?", "answer": "2"},
        ],
    )
    record = cooked(star(tmp_path, asked, prompt="gsm8k"))
    assert record["counts"]["problems"] == 1
    assert record["counts"]["left_out"] == {"it is an example of the prompt gsm8k": 1}
    assert writer.written == 1
    (row,) = rows(tmp_path, "sft")
    assert shot.question in row["prompt"]
    cooked(star(tmp_path, asked, prompt="gsm8k", name="bare", show_examples=False))
    (row,) = pq.read_table(tmp_path / "output/bare/round-1/sft.parquet").to_pylist()
    assert row["prompt"] == "Question: What is 1 + 1?\nAnswer:\n"


def test_nothing_is_learnt_from_what_is_held_out(tmp_path: Path) -> None:
    held_out = {"kind": "file", "path": str(sums(tmp_path, 4, name="held"))}
    record = cooked(star(tmp_path, sums(tmp_path, 10), held_out=held_out, train=LEARN))
    assert record["counts"]["held_out"] == 4
    assert record["counts"]["left_out"] == {"it is held out": 4}
    held = {f"Add up: {one}, {one + 3}, {one + 5}." for one in range(2, 6)}
    assert not held & {row["question"] for row in rows(tmp_path, "attempts")}


def test_the_next_round_is_solved_by_what_the_command_wrote_and_solves_more(tmp_path: Path) -> None:
    held_out = {"kind": "file", "path": str(sums(tmp_path, 60, name="held", start=100))}
    record = cooked(star(tmp_path, sums(tmp_path, 20), held_out=held_out, rounds=2, train=LEARN))
    solved = [one["held_out_solved"] for one in record["rounds"]]
    assert len(solved) == 3
    assert solved[0] < solved[1] < solved[2]
    assert [one["held_out_decided"] for one in record["rounds"]] == [60, 60, 60]
    assert '"error":0.02' in record["rounds"][2]["policy"]


def test_every_round_learns_from_the_base_and_not_from_the_last_round(tmp_path: Path) -> None:
    told = tmp_path / "told"
    command = [
        sys.executable,
        "-c",
        f"open({str(told)!r}, 'a').write('{{base}}|{{round}}\\n'); {BETTER}",
    ]
    policy = {"kind": "scripted", "error": 0.3}
    cooked(star(tmp_path, sums(tmp_path, 6), rounds=2, train=command, policy=policy))
    assert told.read_text() == "|1\n|2\n"  # a scripted policy has no model
    assert {row["round"] for row in rows(tmp_path, "sft", 2)} == {2}


def test_a_command_that_fails_is_told_and_what_was_sampled_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sums(tmp_path, 6)
    failing = [sys.executable, "-c", "print('no memory left'); raise SystemExit(3)"]
    with pytest.raises(RunError, match=r"ended with 3; .*train\.log says:\nno memory left"):
        cooked(star(tmp_path, source, train=failing))
    write, written = ScriptedSettings.write, []
    monkeypatch.setattr(ScriptedSettings, "write", lambda *asked: written.append(asked))
    cooked(star(tmp_path, source, train=LEARN))
    assert not written
    monkeypatch.setattr(ScriptedSettings, "write", write)
    with pytest.raises(ConfigError, match="cannot be run"):
        cooked(star(tmp_path, source, train=["no-such-program"], name="other"))
    silent = [sys.executable, "-c", "pass"]
    with pytest.raises(RunError, match="wrote nothing to"):
        cooked(star(tmp_path, source, train=silent, name="silent"))


def test_a_command_that_ended_well_is_not_run_again(tmp_path: Path) -> None:
    told = tmp_path / "told"
    command = [sys.executable, "-c", f"open({str(told)!r}, 'a').write('x'); {BETTER}"]
    recipe = star(tmp_path, sums(tmp_path, 6), train=command)
    first = cooked(recipe)
    assert cooked(recipe) == first
    assert told.read_text() == "x"


def test_rounds_that_are_done_need_no_policy_when_more_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sums(tmp_path, 20)
    held_out = {"kind": "file", "path": str(sums(tmp_path, 9, name="held", start=100))}
    changes = {"train": LEARN, "held_out": held_out}
    first = cooked(star(tmp_path, source, rounds=1, **changes))
    opened: list[float] = []
    really = ScriptedSettings.open

    def counted(self: ScriptedSettings, run_dir: Path) -> Any:
        opened.append(self.error)
        return really(self, run_dir)

    monkeypatch.setattr(ScriptedSettings, "open", counted)
    assert cooked(star(tmp_path, source, rounds=1, **changes)) == first
    assert not opened
    more = cooked(star(tmp_path, source, rounds=2, **changes))
    assert opened == [0.16, 0.02]
    assert more["rounds"][0] == first["rounds"][0]
    assert more["rounds"][1]["held_out_solved"] == first["rounds"][1]["held_out_solved"]


def test_rounds_without_a_command_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without `train` all rounds would have one policy"):
        star(tmp_path, sums(tmp_path, 2), rounds=2)


def test_a_round_that_kept_nothing_stops_before_anything_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_instead(monkeypatch, TextWriter(lambda *_: "I cannot tell."))
    with pytest.raises(RunError, match="round 1 kept no solution"):
        cooked(star(tmp_path, sums(tmp_path, 2), train=LEARN))
    assert not (tmp_path / "output/made/round-1/model").exists()


def test_pairs_are_of_right_and_wrong_solutions_of_one_problem_and_capped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(prompt: str, prefix: str, seed: int) -> str:
        a, b, c = numbers(prompt)[:3]
        right = f"{a} + {b} + {c} = {a + b + c}\n#### {a + b + c}"
        return (right, f"Well, {right}", "#### 1", "#### 2", "On and on ...", "Nothing")[seed % 6]

    open_instead(monkeypatch, TextWriter(write))
    record = cooked(v_star(tmp_path, sums(tmp_path, 4), samples=12, max_pairs=3))
    pairs = rows(tmp_path, "pairs")
    assert record["rounds"][0]["pairs"] == len(pairs) == 4 * 3
    by_index = {(row["problem_id"], row["sample_index"]): row for row in rows(tmp_path, "attempts")}
    for pair in pairs:
        chosen = by_index[pair["problem_id"], pair["chosen_index"]]
        rejected = by_index[pair["problem_id"], pair["rejected_index"]]
        assert chosen["outcome"] == "correct"
        assert rejected["outcome"] in {"incorrect", "no_answer"}
        assert (pair["chosen"], pair["rejected"]) == (chosen["text"], rejected["text"])
        assert chosen["question"] in pair["prompt"]
    assert {row["outcome"] for row in rows(tmp_path, "attempts")} > {"truncated"}
    assert record["rounds"][0]["sft_rows"] == 8  # two distinct right texts of each problem


def test_pairs_come_of_all_rounds_and_never_of_rationales(tmp_path: Path) -> None:
    source = sums(tmp_path, 40)
    cooked(v_star(tmp_path, source, samples=2, rounds=2, train=LEARN, rationales=2))
    learnt = [{row["problem_id"] for row in rows(tmp_path, "sft", number)} for number in (1, 2)]
    assert learnt[0] < learnt[1]
    pairs = rows(tmp_path, "pairs", 2)
    own = {
        (row["round"], row["problem_id"], row["text"].strip())
        for number in (1, 2)
        for row in rows(tmp_path, "attempts", number)
        if row["origin"] == "self"
    }
    for pair in pairs:
        assert (pair["chosen_round"], pair["problem_id"], pair["chosen"]) in own
        assert (pair["rejected_round"], pair["problem_id"], pair["rejected"]) in own
    assert any(pair["chosen_round"] != pair["rejected_round"] for pair in pairs)


def test_chat_prompts_make_rows_of_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_instead(monkeypatch, TextWriter(lambda *_: "2 + 12 = 14\n\n\\boxed{14}"))
    cooked(star(tmp_path, sums(tmp_path, 1), prompt="zero-shot", verification={}))
    (row,) = rows(tmp_path, "sft")
    assert [turn["role"] for turn in row["prompt"]] == ["user"]
    assert row["completion"] == [{"role": "assistant", "content": "2 + 12 = 14\n\n\\boxed{14}"}]


def test_a_breakdown_half_way_pays_for_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = star(tmp_path, sums(tmp_path, 12), samples=2)
    breaking = TextWriter(needs_a_hint, fail_after=15)
    record = cooked_after_a_breakdown(monkeypatch, recipe, breaking, TextWriter(needs_a_hint))
    assert record["paid"]["rollouts"] == 12 * 3
    assert record["status"] == "finished"


def test_a_budget_ends_with_what_is_there_and_a_larger_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, source = TextWriter(needs_a_hint), sums(tmp_path, 12)
    small = star(tmp_path, source, budget={"rollouts": 7})
    large = star(tmp_path, source, budget={"rollouts": 24})
    assert cooked_past_a_budget(monkeypatch, small, large, writer) == 7
    assert writer.written == 24


def test_a_folder_of_other_settings_is_not_mixed(tmp_path: Path) -> None:
    source = sums(tmp_path, 4)
    cooked(star(tmp_path, source))
    with pytest.raises(RunError, match=r"samples: was 1, now 2"):
        cooked(star(tmp_path, source, samples=2))
    (tmp_path / "output/strange").mkdir()
    (tmp_path / "output/strange/file").touch()
    with pytest.raises(RunError, match="holds something else"):
        cooked(star(tmp_path, source, name="strange"))


def test_another_policy_does_not_go_on_where_one_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sums(tmp_path, 4)
    cooked(star(tmp_path, source, budget={"rollouts": 2}))
    open_instead(monkeypatch, TextWriter(needs_a_hint))
    with pytest.raises(RunError, match="holds rollouts of scripted"):
        cooked(star(tmp_path, source))


@pytest.mark.slow
@pytest.mark.parametrize("deeds", [14, 22, 35, 47, 60])
def test_after_a_kill_nothing_is_paid_twice_and_the_products_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deeds: int
) -> None:
    source = sums(tmp_path, 12)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    cooked(star(tmp_path / "a", source, samples=2))
    call = (
        "from tests.tasks.recipes import cooked, star; from pathlib import Path; "
        f"cooked(star(Path({str(tmp_path / 'b')!r}), Path({str(source)!r}), samples=2))"
    )
    killed(call, deeds, tmp_path / "b", torn=deeds == 22)
    recipe = star(tmp_path / "b", source, samples=2)
    had = spent_by(RecipeFolder(recipe.folder)).rollouts
    written = counting(monkeypatch)
    record = cooked(recipe)
    assert had + written.count == record["paid"]["rollouts"]
    products = [tree(tmp_path / one / "output", lambda p: p.suffix == ".parquet") for one in "ab"]
    assert products[0] == products[1]

"""The card of a published run."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from reports.card import CardExport, CardFacts, CardLicence, dataset_card
from reports.facts import RolloutFacts
from reports.summary import summarise
from reports.truth import Share, Truth
from schemas import Outcome
from schemas.rows import SolutionRow
from schemas.run_folder import RunFolder
from tests.runs import PROVENANCE, evidence, problem, solution, sums_run

EXPORT = CardExport(
    name="trl-hard",
    separator="\n",
    rows={"train": 70, "validation": 5},
    refused={"blank": 5},
    columns=["prompt", "completions", "labels"],
)
FACTS = CardFacts(
    title="org/sums",
    hub="hf",
    license="mit",
    demo=False,
    configuration={"labeler": {"kind": "math_shepherd"}},
    exports=[EXPORT],
    example=None,
)


def card(tmp_path: Path, **changes: Any) -> str:
    return dataset_card(
        summarise(RunFolder(sums_run(tmp_path / "sums"))), replace(FACTS, **changes)
    )


def header(text: str) -> dict[str, Any]:
    return dict(yaml.safe_load(text.split("---")[1]))


def test_the_header_names_licence_size_and_every_configuration(tmp_path: Path) -> None:
    read = header(card(tmp_path))
    assert read["license"] == "mit"
    assert read["size_categories"] == ["n<1K"]
    names = [config["config_name"] for config in read["configs"]]
    assert names == ["solutions", "problems", "nodes", "rollouts", "trl-hard"]
    assert [config["config_name"] for config in read["configs"] if config.get("default")] == [
        "solutions"
    ]


def test_the_policy_the_sampling_the_seed_and_the_cost_are_stated(tmp_path: Path) -> None:
    text = card(tmp_path)
    for words in ("transformers:demo/policy", "temperature 1", "seed 7", "| rollouts | 80 |"):
        assert words in text


def test_demo_data_is_called_demo_data_and_other_data_is_not(tmp_path: Path) -> None:
    assert "**Demo data.**" in card(tmp_path, demo=True)
    assert "demo" in header(card(tmp_path, demo=True))["tags"]
    assert "**Demo data.**" not in card(tmp_path)


def test_model_text_cannot_leave_its_block(tmp_path: Path) -> None:
    one = problem("```\n# Injected\n<script>", "1")
    made = solution(one, ["````\n\x1b[31m# also"], [evidence(0, 8)])
    example = SolutionRow(problem=one, solution=made, provenance=PROVENANCE)
    text = card(tmp_path, example=example)
    block = text[text.index("## One solution") :]
    fence = re.search(r"^(`+)text$", block, re.MULTILINE)
    assert fence
    assert len(fence[1]) == 5
    assert "\n# Injected" not in text
    assert "\x1b" not in text


def test_the_card_of_a_modelscope_dataset_loads_it_there(tmp_path: Path) -> None:
    assert 'MsDataset.load("org/sums"' in card(tmp_path, hub="ms")


def test_names_from_servers_and_received_runs_are_no_markdown(tmp_path: Path) -> None:
    sly = "m` | [free](http://evil.example) <img src=x> ``` \x1b[2J"
    run = RunFolder(sums_run(tmp_path / "sums"))
    summary = summarise(run)
    assert summary.provenance
    summary = replace(
        summary,
        provenance=replace(summary.provenance, policy=sly),
        sources={sly: 3},
        set_aside={sly: 1},
    )
    text = dataset_card(summary, replace(FACTS, exports=[replace(EXPORT, separator=sly)]))
    shown = re.sub(r"(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text.partition("\n---\n")[2])
    assert "](" not in shown.replace("\\]\\(", "")
    assert "<img" not in shown.replace("\\<", "")
    assert "\x1b" not in text


def test_who_wrote_the_solutions_is_told(tmp_path: Path) -> None:
    assert "wrote the solutions" in card(tmp_path)
    summary = replace(summarise(RunFolder(tmp_path / "sums")), given=3)
    assert "of which 3 were given to it" in dataset_card(summary, FACTS)


def section(text: str, title: str) -> str:
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def test_costs_are_told_per_labelled_step(tmp_path: Path) -> None:
    summary = replace(
        summarise(RunFolder(sums_run(tmp_path / "sums"))),
        labels={True: 60, False: 40},
        rollout_facts={
            (True, Outcome.CORRECT): RolloutFacts(count=150, completion_tokens=1_000),
            (False, Outcome.TRUNCATED): RolloutFacts(count=50, completion_tokens=250),
        },
    )
    told = section(dataset_card(summary, FACTS), "What it cost")
    assert "| rollouts per labelled step | 2.00 |" in told
    assert "| tokens written per labelled step | 12.5 |" in told


def test_bars_are_as_long_as_shares_and_nothing_is_without_one(tmp_path: Path) -> None:
    summary = replace(
        summarise(RunFolder(sums_run(tmp_path / "sums"))),
        first_errors={0: 48, 1: 24, 12: 1, 30: 1},
        rollout_facts={(True, Outcome.CORRECT): RolloutFacts(count=1)},
    )
    told = section(dataset_card(summary, FACTS), "What came out")
    assert f"| 0 | 48 | 64.9% | {'█' * 24} |" in told
    assert f"| 1 | 24 | 32.4% | {'█' * 12} |" in told
    assert "| 2 | 0 | 0.0% |  |" in told
    assert "| 10 or later | 2 | 2.7% | █ |" in told


def test_limits_tell_the_shares_of_this_very_run(tmp_path: Path) -> None:
    summary = replace(
        summarise(RunFolder(sums_run(tmp_path / "sums"))),
        rollout_facts={
            (True, Outcome.CORRECT): RolloutFacts(count=90),
            (True, Outcome.TRUNCATED): RolloutFacts(count=8),
            (False, Outcome.UNDECIDED): RolloutFacts(count=2),
        },
        set_aside={"screen": 4},
        abstained=20,
    )
    told = section(dataset_card(summary, FACTS), "Limits")
    assert "8 of 100 rollouts (8.0%) were cut" in told
    assert "2 of 100 rollouts (2.0%) were left undecided" in told
    assert "4 of 42 problems (9.5%) were set aside" in told
    assert "20 of 80 solutions (25.0%)" in told
    assert "Nobody has marked the steps" in told


def test_truth_is_told_with_its_intervals_and_a_lack_of_it_is_told_too(tmp_path: Path) -> None:
    known = Truth(by="the oracle", located=Share(9, 10), kept=Share(3, 5), abstained=1)
    text = card(tmp_path, truth=known)
    told = section(text, "How true the labels are")
    assert "90.0% (59.6% to 98.2%; 9 of 10)" in told
    assert "| F1: harmonic mean of the two, as ProcessBench scores | 72.0% |" in told
    assert "Nobody has marked" not in text
    assert "How true" not in card(tmp_path / "other")


def test_without_solutions_of_both_kinds_there_is_no_f1(tmp_path: Path) -> None:
    known = Truth(by="the oracle", located=Share(9, 10), kept=Share(0, 0), abstained=0)
    told = section(card(tmp_path, truth=known), "How true the labels are")
    assert told.count("there is none") == 2


def test_the_licence_of_problems_is_told_with_where_it_was_read_or_that_it_is_not_stated(
    tmp_path: Path,
) -> None:
    licences = [
        CardLicence(source="gsm8k", name="MIT", read_in="its card"),
        CardLicence(source="mine", name="", read_in=""),
    ]
    told = section(card(tmp_path, licences=licences), "Licence")
    assert "| gsm8k | MIT | its card |" in told
    assert "| mine | not stated |  |" in told
    assert "gives it under `mit`" in told


def test_what_each_export_left_out_is_told_with_the_reason(tmp_path: Path) -> None:
    filtered = replace(EXPORT, filtered=[("near_duplicates", 3), ("steps", 0)])
    told = section(card(tmp_path, exports=[filtered]), "What it holds")
    assert "| `trl-hard` | 5 | blank |" in told
    assert "| `trl-hard` | 3 | filter near\\_duplicates |" in told
    assert "filter steps" not in told


def test_a_split_without_rows_is_not_in_the_header(tmp_path: Path) -> None:
    empty = replace(EXPORT, rows={"train": 70, "validation": 0})
    read = header(card(tmp_path, exports=[empty]))
    files = next(one for one in read["configs"] if one["config_name"] == "trl-hard")["data_files"]
    assert [one["split"] for one in files] == ["train"]

"""The card of a published run."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from reports.card import CardExport, CardFacts, dataset_card
from reports.summary import summarise
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

"""Runs whose labeler is a tree search: tables, budgets that end in mid-search, what is shown."""

from pathlib import Path
from typing import Any

from pyarrow.parquet import read_table as read_parquet
from rich.console import Console

from exporters.preference import PreferenceExporter
from exporters.runs import export_run
from exporters.traces import TopTracesExporter
from exporters.tree_edges import TreeEdgesExporter
from reports.show import show_rollouts
from schemas import Outcome, Prefix, StopRule
from schemas.arrow import read_table
from schemas.conversion import nodes_from, rollouts_from
from schemas.run_folder import RunFolder
from schemas.views import Beta
from tasks.settings import LabelRun
from tests.toy_runs import tables, toy_run

from .test_budget import session
from .test_shards import label_all

UCT = {"kind": "uct", "simulations": 6, "num_solutions": 4, "screen": None}


def run(folder: Path, name: str = "whole", **changes: Any) -> LabelRun:
    return toy_run(folder, name=name, labeler=UCT, **changes)


def test_one_configuration_gives_one_sequence_of_bytes_wherever_a_budget_interrupts_it(
    tmp_path: Path,
) -> None:
    whole = run(tmp_path)
    label_all(whole)
    for rollouts in (60, 150, 1000):
        session(run(tmp_path, "short", budget={"rollouts": rollouts}))
    assert tables(run(tmp_path, "short").folder) == tables(whole.folder)


def test_every_node_counts_the_rollouts_that_were_drawn_at_it(tmp_path: Path) -> None:
    whole = run(tmp_path)
    label_all(whole)
    folder = RunFolder(whole.folder)
    numbers: list[tuple[str, int]] = []
    for name in folder.shards:
        rollouts = list(rollouts_from(read_table(folder.file("rollouts", name), "rollouts")))
        for row in nodes_from(read_table(folder.file("nodes", name), "nodes")):
            here = row.node.prefix.text
            drawn = [
                one
                for one in rollouts
                if one.problem_id == row.problem_id
                and one.text.startswith(here)
                and len(one.prefix.text) <= len(here)
            ]
            assert row.node.evidence.total == len(drawn)
    for solution in folder.solutions():
        numbers.append((solution.problem.id, solution.solution.solution_index))
    assert len(set(numbers)) == len(numbers) > 12


def test_all_rollouts_behind_a_count_are_shown(tmp_path: Path) -> None:
    whole = run(tmp_path)
    label_all(whole)
    folder = RunFolder(whole.folder)
    row = next(
        row for row in folder.solutions() if row.solution.evidence[0].stop_rule is StopRule.ADAPTIVE
    )
    index = row.solution.solution_index
    console = Console(width=200)
    with console.capture() as page:
        show_rollouts(folder, row.problem.id, console, step=1, solution=index)
    assert f"{row.solution.evidence[0].total} rollouts behind step 1" in page.get()
    assert "from the beginning" in page.get()


def test_the_edges_of_a_search_have_its_visits(tmp_path: Path) -> None:
    whole = run(tmp_path)
    label_all(whole)
    folder = RunFolder(whole.folder)
    made = export_run(folder, TreeEdgesExporter(validation_ratio=0))
    edges = read_parquet(made.folder / "train.parquet").to_pylist()
    rollouts = [one for table in folder.tables("rollouts") for one in rollouts_from(table)]
    seen = {
        (row.problem.id, prefix.key): prefix
        for row in folder.solutions()
        for count in range(1, len(row.solution.steps) + 1)
        for prefix in [Prefix(steps=row.solution.steps[:count])]
    }
    assert len(edges) == len(seen)
    for edge in edges:
        here = seen[edge["problem_id"], edge["prefix_key"]]
        through = [
            one.verdict.outcome
            for one in rollouts
            if one.problem_id == edge["problem_id"] and one.text.startswith(here.text)
        ]
        assert edge["visits"] == len(through)
        assert edge["correct"] == through.count(Outcome.CORRECT)


def test_rstar_maths_pairs_and_traces_are_read_off_a_searched_tree(tmp_path: Path) -> None:
    whole = run(tmp_path)
    label_all(whole)
    folder = RunFolder(whole.folder)
    view = Beta(after_error="keep")
    made = export_run(folder, PreferenceExporter(validation_ratio=0, view=view))
    pairs = read_parquet(made.folder / "train.parquet").to_pylist()
    assert pairs
    solutions = {
        (row.problem.id, "".join(row.solution.steps)): row.solution.outcome
        for row in folder.solutions()
    }
    for pair in pairs:
        behind = len(pair["prompt"].partition("\n")[2])
        led = {
            outcome
            for (problem, text), outcome in solutions.items()
            if problem == pair["problem_id"]
            and text[behind:].startswith(pair["chosen"])
            and text[:behind] == pair["prompt"].partition("\n")[2]
        }
        assert Outcome.CORRECT in led or not led
    made = export_run(folder, TopTracesExporter(validation_ratio=0))
    traces = read_parquet(made.folder / "train.parquet").to_pylist()
    assert traces
    for trace in traces:
        text = trace["messages"][1]["content"]
        assert solutions[trace["problem_id"], text] is Outcome.CORRECT
        assert 0 < trace["min_q"] <= trace["mean_q"] <= 1

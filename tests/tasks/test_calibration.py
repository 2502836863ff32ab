"""A model fitted to the evidence of a run on disk."""

import random
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from flows.calibrating import calibrate_here
from labelers.posterior import Model, PosteriorLabeler
from schemas import Evidence, LabelledSolution, Node, Outcome, Prefix, Problem, RunError, StopRule
from schemas import Sampling as Drawn
from schemas.conversion import nodes_table, problems_table, rollouts_table, solutions_table
from schemas.rows import NodeRow, ProblemRow, Provenance, SolutionRow
from schemas.run_folder import RunFolder
from tasks.calibration import calibrate
from tasks.commits import commit
from tasks.records import Counts

STEPS = tuple(f"{name}\n" for name in "abcdef")
PROVENANCE = Provenance(config="{}", policy="scripted", prompt="plain", sampling=Drawn(), seed=0)


def labelled(
    rng: random.Random, number: int, values: tuple[float, float]
) -> tuple[SolutionRow, list[NodeRow]]:
    """Return a solution of problem `number` whose error is uniform, with its probed nodes."""
    problem = Problem(id=f"p{number}", source="s", question="?", answer="1")
    steps = (*(f"{number} {step}" for step in STEPS), "2")
    error, (good, bad) = rng.randrange(len(steps)), values
    found = []
    for count in range(1, len(steps)):
        right = sum(rng.random() < (good if count <= error else bad) for _ in range(6))
        found.append(Evidence(correct=right, incorrect=6 - right, stop_rule=StopRule.FIXED))
    nodes = [
        NodeRow(
            problem_id=problem.id, node=Node(prefix=Prefix(steps=steps[:count]), evidence=evidence)
        )
        for count, evidence in enumerate(found, 1)
    ]
    solution = LabelledSolution(
        problem_id=problem.id,
        solution_index=0,
        labeler="math_shepherd",
        steps=steps,
        outcome=Outcome.INCORRECT,
        root=Evidence(correct=5, incorrect=3, stop_rule=StopRule.FIXED),
        evidence=(*found, Evidence(incorrect=1, stop_rule=StopRule.TERMINAL)),
        first_error=None,
    )
    return SolutionRow(problem=problem, solution=solution, provenance=PROVENANCE), nodes


def run_with(folder: Path, count: int, values: tuple[float, float] = (0.6, 0.0)) -> RunFolder:
    rng = random.Random(4)
    rows = [labelled(rng, number, values) for number in range(count)]
    folder.mkdir(parents=True, exist_ok=True)
    commit(
        folder,
        0,
        tables={
            "problems": problems_table(
                ProblemRow(problem=row.problem, set_aside="") for row, _ in rows
            ),
            "solutions": solutions_table(row for row, _ in rows),
            "nodes": nodes_table(node for _, some in rows for node in some),
            "rollouts": rollouts_table(()),
        },
        counts=Counts(),
        policy=PROVENANCE.policy,
    )
    return RunFolder(folder)


def test_a_runs_evidence_gives_its_policys_model(tmp_path: Path) -> None:
    dead = calibrate(run_with(tmp_path / "dead", 60)).model
    lucky = calibrate(run_with(tmp_path / "lucky", 60, (0.7, 0.2))).model
    assert dead.recoverable < 0.15
    assert lucky.recoverable > 0.6


def test_the_written_model_is_read_back_by_a_labelers_settings(tmp_path: Path) -> None:
    run, written = run_with(tmp_path / "run", 40), tmp_path / "model.yaml"
    model = calibrate_here(run.path, Console(quiet=True), output=written, known=None)
    read = {"model": yaml.safe_load(written.read_text())}
    assert PosteriorLabeler.model_validate(read).model == model
    assert model != Model()


def test_too_little_evidence_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds 8 probed solutions.*at least 30"):
        calibrate(run_with(tmp_path, 8))


def test_marks_anchor_the_model_and_those_that_cannot_be_are_named(tmp_path: Path) -> None:
    run = run_with(tmp_path, 60)
    marks = {(f"p{number}", 0): 2 for number in range(60)}
    anchored = calibrate(run, marks)
    assert anchored.model != calibrate(run).model
    assert anchored.gain is not None
    assert anchored.gain.before.solutions == 60
    assert 0 < anchored.gain.after.stated < 1
    with pytest.raises(RunError, match=r"first_error=7 of solution 0 of p3: it has 7 steps"):
        calibrate(run, marks | {("p3", 0): 7})
    with pytest.raises(RunError, match=r"holds 0 probed and marked solutions.*0 or more"):
        calibrate(run, dict.fromkeys(marks, -1))

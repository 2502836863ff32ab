"""`stepmint demo`: label synthetic problems, show some, and count how true the labels are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from rich.console import Console
from rich.table import Table

from flows.config import CONFIGS, load_run
from flows.oneoff import label_here
from reports.show import show_problem
from reports.truth import Share
from schemas import ConfigError
from schemas.rows import SolutionRow
from schemas.run_folder import RunFolder
from schemas.views import Hard
from sources.synthetic import first_error
from tasks.settings import LabelRun

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Labels compared with the step oracle, which knows every step of a synthetic problem."""

    solutions: int
    """Solutions whose first error the labeler located, or found absent."""
    located: int
    """Of these, the ones where the oracle says the same."""
    abstained: int
    steps: int
    """Labelled steps up to and with the oracle's first error."""
    right: int
    """Of these, the ones whose label is the oracle's."""


def run_demo(
    out: Console, err: Console, *, output: Path, overrides: Sequence[str], resume: str
) -> None:
    """Run the demo and print labelled solutions, their truth, the path, and what to try next."""
    policy = [] if any(one.startswith("policy.") for one in overrides) else _policy()
    run = load_run(CONFIGS / "demo.yaml", [f"output={output}", *policy, *overrides])
    label_here(run, err, resume=resume)
    folder = RunFolder(run.folder)
    for problem, solution in _worth_showing(folder.solutions()):
        show_problem(folder, problem, out, solution=solution)
    out.print(_table(truth(folder.solutions())))
    out.print("\n".join(_next(run)), highlight=False, soft_wrap=True)


def truth(rows: Iterable[SolutionRow]) -> Truth:
    """Compare labelled solutions of synthetic problems with the exact step oracle."""
    solutions = located = abstained = steps = right = 0
    for row in rows:
        solution = row.solution
        error = first_error(row.problem, solution.steps)
        decided = solution.first_error is not None
        abstained += not decided
        solutions += decided
        located += solution.first_error == error
        known = solution.steps if error < 0 else solution.steps[: error + 1]
        for step, label in enumerate(Hard().labels(solution)[: len(known)]):
            if label is not None:
                steps += 1
                right += label == (step != error)
    return Truth(
        solutions=solutions, located=located, abstained=abstained, steps=steps, right=right
    )


def share(count: int, of: int) -> str:
    """Return a share with its 95% interval (Wilson), e.g. `93.1% (91.0 to 94.7)`."""
    if not of:
        return "-"
    part = Share(count, of)
    low, high = part.interval
    return f"{part.value:.1%} ({100 * low:.1f} to {100 * high:.1f})"


def _policy() -> list[str]:
    """Name the demo policy by its full path where the command runs outside the checkout."""
    model = Path("demo/policy")
    committed = CONFIGS.parent / model
    if not committed.is_dir():
        raise ConfigError(
            f"{committed} is missing: restore it with git, or train it with `python -m demo.train`"
        )
    return [] if model.is_dir() else [f"policy.model={committed}"]


def _worth_showing(rows: Iterable[SolutionRow]) -> list[tuple[str, int]]:
    """Return some solutions, one per problem: those with an error first."""
    kinds: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for row in rows:
        error = row.solution.first_error
        if error is not None:
            kinds[error >= 0].setdefault(row.problem.id, row.solution.solution_index)
    wrong = list(kinds[True].items())[: _SHOWN - 1]
    sound = [item for item in kinds[False].items() if item[0] not in dict(wrong)]
    return wrong + sound[: _SHOWN - len(wrong)]


def _table(found: Truth) -> Table:
    table = Table(title="labels against the step oracle", title_justify="left")
    table.add_column("what")
    table.add_column("agree", justify="right")
    table.add_column("of", justify="right")
    table.add_column("share, 95% interval", justify="right")
    for what, right, of in (
        ("step labels up to the first error", found.right, found.steps),
        ("place of the first error, or none", found.located, found.solutions),
    ):
        table.add_row(what, f"{right:,}", f"{of:,}", share(right, of))
    if found.abstained:
        table.add_row("solutions left unlocated", "", f"{found.abstained:,}", "")
    return table


def _next(run: LabelRun) -> list[str]:
    return [
        f"The dataset is in {run.folder}: load_dataset('parquet', "
        f"data_dir='{run.folder / 'solutions'}')",
        f"Training rows for TRL are in {run.folder / 'exports' / 'trl-hard'}",
        f"Next: stepmint show {quote(str(run.folder))} 0",
    ]

"""`stepmint evaluate`: what a process reward model is worth, as tables and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flows.saying import say
from prm.chosen import Choice
from prm.located import Accuracy
from prm.settings import FORMS, FormName
from reports.text import one_line
from schemas import ConfigError
from tasks.evaluation import Evaluation, Truth, evaluate
from tasks.files import check_named, named_file

_TRUTHS: Mapping[Truth, str] = {
    "oracle": "the step oracle",
    "marks": "the file of marks",
    "stated": "what the set states",
    "own labels": "the run's own labels, which are none",
}


def evaluate_here(
    model: str,
    out: Console,
    *,
    on: Sequence[str],
    tune_on: str | None,
    known: str | None,
    form: str | None,
    device: str,
    top: int,
    limit: int | None,
    json_file: Path | None,
    grades: Path | None,
) -> list[Evaluation]:
    """Evaluate a model, print the tables, and write what was asked for."""
    check_named(json_file, option="--json")
    check_named(grades, option="--grades")
    found = []
    for one in evaluate(
        model,
        on,
        tune_on=tune_on,
        known=known,
        form=_form(form),
        device=device,
        top=top,
        limit=limit,
    ):
        found.append(one)
        _show(one, out)
    if json_file is not None:
        with named_file(json_file, option="--json") as file:
            file.write((json.dumps([_figures(one) for one in found], indent=2) + "\n").encode())
    if grades is not None:
        with named_file(grades, option="--grades") as file:
            file.writelines(_lines(one).encode() for one in found)
    return found


def _form(name: str | None) -> FormName | None:
    for known in FORMS:
        if name == known:
            return known
    if name is not None:
        raise ConfigError(f"--form {name}: give one of {', '.join(FORMS)}")
    return None


def _figures(one: Evaluation) -> dict[str, object]:
    return {name: value for name, value in asdict(one).items() if name != "graded"}


def _lines(one: Evaluation) -> str:
    return "".join(json.dumps({"run": one.name, **asdict(row)}) + "\n" for row in one.graded)


def _show(one: Evaluation, out: Console) -> None:
    right = one.solutions - one.erroneous
    told = f"{one.name}: {one.erroneous:,} solutions with a wrong step, {right:,} without"
    truth = ", ".join(_TRUTHS[name] for name in one.truth) or "none is known"
    say(out, f"{one_line(told)}; truth: {truth}")
    if one.unread:
        left = "do not fit into the model's context; what it did not read is no error to it"
        say(out, f"{one.unread:,} {left}")
    if one.half and one.tuned:
        table = Table("threshold", "erroneous", "correct", "F1 [95%]", box=None, pad_edge=False)
        table.add_row("0.5", *_cells(one.half))
        table.add_row(f"{one.tuned.threshold:.3f} (tuned on {one.tuned_on})", *_cells(one.tuned))
        out.print(table)
    if one.calibration:
        found = one.calibration
        auroc = "-" if found.auroc is None else f"{found.auroc:.3f}"
        far = f"ECE {found.ece:.3f}, Brier {found.brier:.3f}, AUROC {auroc}"
        say(out, f"{found.steps:,} steps: {far}")
    if one.open_problems:
        several = f"{one.open_problems:,} of {one.problems:,} problems"
        say(out, f"{several} have several answers to choose among")
        _show_choices(one, out)


def _cells(one: Accuracy) -> tuple[str, str, str]:
    f1 = _percent(one.f1) + (_between(one.interval) if one.interval else "")
    return _percent(one.erroneous), _percent(one.correct), f1


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _show_choices(one: Evaluation, out: Console) -> None:
    table = Table("chosen by", "% right [95%]", box=None, pad_edge=False)
    for name, choice in one.chosen.items():
        table.add_row(name, _share(choice))
    out.print(table)


def _share(choice: Choice) -> str:
    return _percent(choice.share) + _between(choice.interval)


def _between(interval: tuple[float, float]) -> str:
    low, high = interval
    return f" [{100 * low:.1f}, {100 * high:.1f}]"

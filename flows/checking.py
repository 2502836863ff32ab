"""`stepmint check`: what is well and what is not, before a token is spent."""

from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from flows.notes import noted
from flows.running import run_to_end
from reports.text import many_lines, plain
from tasks.checking import Found, State, examined
from tasks.settings import LabelRun

_SIGNS: dict[State, tuple[str, str, str]] = {
    "well": ("✓", "ok", "green"),
    "doubtful": ("!", "!", "yellow"),
    "bad": ("✗", "x", "red"),
}
_PROMPT = 2_000


def check_here(run: LabelRun, path: Path, out: Console, err: Console, *, rows: int) -> bool:
    """Print what is found of a run; return whether it can be started."""
    well = True

    async def work() -> None:
        nonlocal well
        async for found in examined(run, rows=rows):
            _print(found, out)
            well = well and found.state != "bad"

    told = f"{path}, run {run.name}, labeler {run.labeler.kind}"
    _print(Found("configuration", "well", told), out)
    with noted(err):
        run_to_end(work, draw=lambda: None)
    return well


def _print(found: Found, out: Console) -> None:
    sign, ascii_sign, style = _SIGNS[found.state]
    shown = ascii_sign if out.options.ascii_only else sign
    out.print(Text.assemble((shown, style), f" {found.part:14}", plain(found.told)), soft_wrap=True)
    for detail in found.details:
        out.print(Text(f"{'':{len(shown) + 15}}{plain(detail)}", style="dim"), soft_wrap=True)
    if found.text:
        prompt = Text(many_lines(found.text, _PROMPT), style="cyan")
        out.print(Padding(prompt, (0, 0, 0, len(shown) + 15), expand=False))

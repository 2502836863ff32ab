"""What `stepmint show` prints of the demo's run, as it stands in a terminal."""

import io
import re
from pathlib import Path
from shlex import quote

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from pictures.svg import LIGHT, Palette
from reports.show import show_problem, show_run
from schemas.run_folder import RunFolder

WIDTH = 92
_MONOSPACE = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def of_run(run: RunFolder, colours: Palette) -> str:
    """Return what a run holds, as SVG."""
    console = _console()
    _asked(console, f"stepmint show {_named(run.path)} --limit 5")
    show_run(run, console, limit=5)
    return _svg(console, colours)


def of_problem(run: RunFolder, colours: Palette) -> str:
    """Return the telling solution, step by step, as SVG."""
    console = _console()
    position, solution = telling(run)
    _asked(console, f"stepmint show {_named(run.path)} {position} --solution {solution}")
    show_problem(run, str(position), console, solution=solution)
    return _svg(console, colours)


def _console() -> Console:
    return Console(
        width=WIDTH, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )


def _asked(console: Console, command: str) -> None:
    console.print(f"[green]$[/] [bold]{command}[/]\n", highlight=False)


def _named(path: Path) -> str:
    return quote(f"output/{path.name}")


def telling(run: RunFolder) -> tuple[int, int]:
    """Return the problem's position and the index of the first solution that errs midway."""
    places = {row.problem.id: place for place, row in enumerate(run.problems())}
    for row in run.solutions():
        first = row.solution.first_error
        if first is not None and 0 < first < len(row.solution.steps) - 2:
            return places[row.problem.id], row.solution.solution_index
    raise SystemExit(f"{run.path} has no solution that goes wrong behind its first step")


def _svg(console: Console, colours: Palette) -> str:
    """Return what was printed; rich's SVG names a font that it would fetch from elsewhere."""
    drawn = console.export_svg(title="stepmint", theme=_theme(colours), unique_id="show")
    without = re.sub(r"(?s)@font-face \{.*?\}\s*", "", drawn)
    without = re.sub(r"font-family: [^;]*;", f"font-family: {_MONOSPACE};", without)
    return re.sub(r"(?m)^\s+$\n|<!--.*?-->\n?", "", without)


def _theme(colours: Palette) -> TerminalTheme:
    """Return the colours of a terminal as light or dark as the palette."""
    yellow, blue, magenta, cyan = (
        ("#9a6700", "#0969da", "#8250df", "#1b7c83")
        if colours is LIGHT
        else ("#d29922", "#58a6ff", "#bc8cff", "#39c5cf")
    )
    names = (colours.page, colours.wrong, colours.right, yellow, blue, magenta, cyan, colours.ink)
    ansi = [_rgb(name) for name in names]
    return TerminalTheme(_rgb(colours.card), _rgb(colours.ink), ansi, ansi)


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue

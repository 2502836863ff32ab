"""`python -m pictures [RUN]`: draw what README and docs/ show, each for light and dark pages.

RUN is a run of the demo (`make pictures` labels one). Figures are not measured anew: they lie
beside the pictures, as the commands that docs/label-truth.md names wrote them.
"""

import sys
from itertools import islice
from pathlib import Path

from benchmarks.label_truth import picture as frontier
from pictures import page, prefect, terminal, way
from pictures.svg import DARK, LIGHT
from schemas.run_folder import RunFolder

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
THEMES = (("", LIGHT, frontier.LIGHT), ("-dark", DARK, frontier.DARK))
FIGURES = ("label-truth-neural", "label-truth-scripted")


def main() -> None:
    """Draw all pictures."""
    run = RunFolder(Path(sys.argv[1] if len(sys.argv) > 1 else "output/demo"))
    for ending, colours, ink in THEMES:
        _write(f"way{ending}", way.draw(colours))
        _write(f"show-run{ending}", terminal.of_run(run, colours))
        _write(f"show-problem{ending}", terminal.of_problem(run, colours))
        for name in FIGURES:
            worlds = frontier.read([FOLDER / f"{name}.json"])
            frontier.draw(worlds, FOLDER / f"{name}{ending}.svg", ink=ink)
    position, _ = terminal.telling(run)
    problems = (row.problem.id for row in run.problems())
    browser = page.chromium()
    page.take(browser, run.path, next(islice(problems, position, None)), FOLDER)
    prefect.take(browser, FOLDER)


def _write(name: str, drawn: str) -> None:
    (FOLDER / f"{name}.svg").write_text(drawn)


if __name__ == "__main__":
    main()

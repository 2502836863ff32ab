"""A run as one HTML file: its figures and a sample of its problems, to be mailed or attached.

Nothing in it comes from elsewhere: styles, scripts and fonts stand in the file, and its content
security policy names them by their hashes, so that no other script or style in it does anything.
"""

import random
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pages.figures import charts
from pages.library import OpenRun
from pages.links import NoLinks
from pages.problem import ProblemPage, problem_page
from pages.progress import progress_of
from pages.rendering import ASSETS, render
from pages.truths import truths_of
from reports.sentence import sentence
from reports.summary import summary_of
from reports.text import many
from schemas import RunError
from schemas.run_folder import RunFolder

MOST_CHARACTERS = 6_000_000
"""Of the problems' HTML; fonts and scripts are another 1 MB at most."""
_SOLUTIONS = 8
"""Of one problem."""
_KATEX = ASSETS / "vendor" / "katex"
_FONTS = {
    "Caligraphic": "cal",
    "Fraktur": "frak",
    "SansSerif": "(sf|textsf)",
    "Script": "scr",
    "Typewriter": "(tt|texttt)",
    "BoldItalic": "(bm|boldsymbol|pmb)",
}
"""What TeX asks for a font that few formulas need: commands that hold this word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report and what is in it."""

    html: str
    problems: int
    left_out: str
    """What of the run it does not show, in words."""


def report(folder: RunFolder, *, problems: int, seed: int, wanted: Sequence[str] = ()) -> Report:
    """Return the report of a run, with these problems or so many that the seed draws.

    Raises RunError where nothing is committed, or there is no such problem.
    """
    run = OpenRun(folder, folder.name)
    facts = run.facts.all()
    if not facts:
        raise RunError(f"{folder.path} has no committed shard yet: there is nothing to report")
    summary = summary_of(folder, facts)
    run.oracle.all()  # so that nothing is left to be counted
    known = [one for shard in facts for one in shard.problems["problem_id"].to_pylist()]
    chosen = list(wanted) or _drawn(known, problems, seed)
    links = NoLinks()
    shown = list(_sections(run, chosen))
    left_out = _left_out(len(known), len(chosen), len(shown), seed=None if wanted else seed)
    html = render(
        "report.html",
        links=links,
        damaged=(),
        run=run.name,
        summary=summary,
        sentence=sentence(summary),
        progress=progress_of(run),
        charts=charts(folder, summary, facts, links),
        truth=truths_of(run),
        suspects=[one for shard in run.suspects.all() for one in shard.values()],
        looked=run.suspects.so_far(),
        sections=shown,
        left_out=left_out,
        assets=_assets("".join(shown)),
    )
    return Report(html=html, problems=len(shown), left_out=left_out)


def _drawn(known: Sequence[str], count: int, seed: int) -> list[str]:
    """Draw problems without replacement, and leave them in the order of the run."""
    places = random.Random(seed).sample(range(len(known)), min(count, len(known)))
    return [known[place] for place in sorted(places)]


def _sections(run: OpenRun, chosen: Sequence[str]) -> Iterator[str]:
    """Yield the HTML of problems as long as there is room."""
    left = MOST_CHARACTERS
    for number, problem_id in enumerate(chosen, 1):
        html = _section(problem_page(run, problem_id), number)
        left -= len(html)
        if left < 0:
            return
        yield html


def _section(page: ProblemPage, number: int) -> str:
    solutions = page.solutions[:_SOLUTIONS]
    more = len(page.solutions) - len(solutions)
    return render(
        "_reported.html",
        links=NoLinks(),
        number=number,
        shown=page,
        solutions=solutions,
        more=f"{many(more, 'solution')} more" if more else "",
    )


def _left_out(known: int, chosen: int, shown: int, *, seed: int | None) -> str:
    how = "as asked for" if seed is None else f"drawn with seed {seed}"
    told = f"{shown:,} of {many(known, 'problem')} {'is' if shown == 1 else 'are'} here, {how}."
    if shown < chosen:
        told += f" {chosen - shown:,} more were asked for, and left out for size."
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Assets:
    """What stands in the file, and the policy that lets it through and nothing else."""

    styles: Sequence[str]
    scripts: Sequence[str]

    @property
    def policy(self) -> str:
        """The content security policy."""
        return (
            f"default-src 'none'; script-src {_hashes(self.scripts)}; "
            f"style-src {_hashes(self.styles)}; font-src data:; base-uri 'none'; form-action 'none'"
        )


def _hashes(texts: Sequence[str]) -> str:
    digests = (b64encode(sha256(one.encode()).digest()).decode() for one in texts)
    return " ".join(f"'sha256-{one}'" for one in digests)


def _assets(html: str) -> _Assets:
    """Return styles and scripts; KaTeX only where there is mathematics, with the fonts it needs."""
    styles = [_inlined(ASSETS / "page.css")]
    scripts = [_read(ASSETS / "theme.js"), _read(ASSETS / "page.js")]
    if 'class="tex ' in html:
        rare = [name for name, word in _FONTS.items() if not re.search(rf"\\[a-z]*{word}", html)]
        styles.insert(0, _inlined(_KATEX / "katex.min.css", without=rare))
        scripts.insert(1, _read(_KATEX / "katex.min.js"))
    return _Assets(styles=styles, scripts=scripts)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _inlined(path: Path, *, without: Sequence[str] = ()) -> str:
    """Return a style sheet with its fonts in it; fonts of these names are left out."""

    def face(found: re.Match[str]) -> str:
        block, name = found[0], found[2]
        if any(word in name for word in without):
            return ""
        font = b64encode((path.parent / name).read_bytes()).decode()
        return block.replace(f"url({found[1]})", f"url(data:font/woff2;base64,{font})")

    faces = r"@font-face\s*\{[^}]*?url\((\"?([^)\"]+)\"?)\)[^}]*\}"
    return re.sub(faces, face, _read(path))

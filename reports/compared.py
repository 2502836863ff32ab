"""`stepmint compare A B`: how two runs agree, in the terminal, the disagreements first."""

from collections.abc import Iterable, Iterator
from shlex import quote

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.agreement import Agreement, Pair, Spent, Truths
from reports.text import compact, one_line
from reports.truth import Share
from schemas.run_folder import RunFolder

_NAMES = {"error": "an error", "none": "no error", "open": "left open"}


def compared_page(found: Agreement, truths: Truths, *, limit: int) -> RenderableType:
    """Return how two runs agree, how true each is where that is known, and what to look at."""
    known = [one for one in truths if one is not None]
    return Group(
        Text.assemble(
            (one_line(found.names[0]), "bold"), " beside ", (one_line(found.names[1]), "bold")
        ),
        Text("\n".join(_counted(found)), style="dim"),
        "",
        _kinds(found),
        "",
        _shares(found),
        "",
        _sides(found, truths),
        *([Text(known_text(known[0].by), "dim")] if known else []),
        "",
        *_disagreements(found, limit),
    )


def share_text(share: Share) -> str:
    """Return a share with its interval, e.g. `93.1% (91.0 to 94.7)`; a dash of nothing."""
    low, high = share.interval
    return f"{share.value:.1%} ({100 * low:.1f} to {100 * high:.1f})" if share.of else "-"


def known_text(by: str) -> str:
    """Say what the truth of two runs is counted over, and who knows it."""
    return (
        "first errors found and right ones kept: of the solutions that both have in the same "
        f"steps, known from {one_line(by)}"
    )


def error_text(first_error: int | None) -> str:
    """Say where a first error is: steps are counted from 1 for people."""
    if first_error is None:
        return "left open"
    return "no error" if first_error < 0 else f"step {first_error + 1}"


def _counted(found: Agreement) -> Iterator[str]:
    both, first, second = found.problems
    yield f"{both:,} problems in both, {first:,} in the first alone, {second:,} in the second"
    same, ours, theirs = found.solutions
    yield f"{same:,} of their solutions have the same text, {ours:,} and {theirs:,} are in one run"
    if found.cut_differently:
        yield f"{found.cut_differently:,} more have the same text in other steps: not compared"


def _kinds(found: Agreement) -> Table:
    labelers = [one_line(one) for one in found.labelers]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(f"{labelers[0]} finds, down; {labelers[1]}, across", overflow="fold")
    for name in _NAMES.values():
        table.add_column(name, justify="right")
    for row, name in _NAMES.items():
        cells = (f"{found.table.get((row, column), 0):,}" for column in _NAMES)
        table.add_row(name, *cells)
    return table


def _shares(found: Agreement) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(f"of {found.decided:,} that both decide")
    table.add_column("agree, 95% interval", justify="right")
    table.add_column("kappa", justify="right")
    for name, share, beyond in (
        ("the same first error, or none", found.exact, found.kappa_exact),
        ("within one step", found.within_one, None),
        ("an error, or none", found.verdict, found.kappa_verdict),
    ):
        table.add_row(name, share_text(share), "" if beyond is None else f"{beyond:.2f}")
    return table


def _sides(found: Agreement, truths: Truths) -> Table:
    """Return what each run took, and how true it is."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("")
    for name in found.names:
        table.add_column(one_line(name), justify="right")
    for name, cells in side_rows(found.spent, truths):
        table.add_row(name, *cells)
    return table


def side_rows(spent: tuple[Spent, Spent], truths: Truths) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield what is told of each run, side by side."""
    for name, count, tokens in (
        ("solutions sampled, tokens", "solutions", "solution_tokens"),
        ("probes behind steps, tokens", "probes", "probe_tokens"),
    ):
        a, b = (f"{getattr(one, count):,}, {compact(getattr(one, tokens))}" for one in spent)
        yield name, (a, b)
    if truths[0] is not None and truths[1] is not None:
        for name, part in (("first errors found", "located"), ("right ones kept", "kept")):
            a, b = (share_text(getattr(one, part)) for one in truths if one is not None)
            yield name, (a, b)


def _disagreements(found: Agreement, limit: int) -> Iterable[RenderableType]:
    differing = found.disagreements
    if not differing:
        yield Text("they say the same of every solution", style="green")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("problem", overflow="fold")
    table.add_column("solution", justify="right")
    for name in found.names:
        table.add_column(one_line(name), justify="right")
    for pair in differing[:limit]:
        cells = map(_cell, pair.first_errors, pair.confidences)
        table.add_row(one_line(pair.problem_id), str(pair.indices[0]), *cells)
    yield table
    if len(differing) > limit:
        yield Text(f"and {len(differing) - limit:,} more: give --limit", style="dim")


def _cell(first_error: int | None, confidence: float | None) -> str:
    stated = "" if confidence is None else f"  {confidence:.0%}"
    return f"{error_text(first_error)}{stated}"


def show_compared(
    first: RunFolder,
    found: Agreement,
    truths: Truths,
    console: Console,
    *,
    limit: int,
) -> None:
    """Print how two runs agree, and how to look at the first disagreement."""
    console.print(compared_page(found, truths, limit=limit))
    pair: Pair | None = next(iter(found.disagreements), None)
    if pair is not None:
        shown = f"{quote(str(first.path))} {quote(one_line(pair.problem_id))}"
        command = f"stepmint show {shown} --solution {pair.indices[0]}"
        console.print(Text(f"\nlook at one: {command}", "dim"), soft_wrap=True)  # to be copied

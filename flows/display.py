"""How a run's progress looks: a live panel on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from flows.notes import noted
from rollouts import Costs
from schemas import Outcome
from tasks.progress import LABELLING, LOADING, Board

_PLAIN_SECONDS = 15.0
_STYLES = {
    Outcome.CORRECT: "green",
    Outcome.INCORRECT: "red",
    Outcome.NO_ANSWER: "yellow",
    Outcome.TRUNCATED: "magenta",
    Outcome.UNDECIDED: "cyan",
}


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a board."""

    board: Board
    costs: Costs
    elapsed_s: float

    @classmethod
    def of(cls, board: Board) -> "Look":
        """Look at a board now."""
        return cls(board, board.costs, max(time.monotonic() - board.since, 1e-9))

    @property
    def tokens_per_s(self) -> float:
        """Completion tokens that the policy wrote per second in this session."""
        return self.costs.written_tokens / self.elapsed_s

    @property
    def eta(self) -> str:
        """Time left at the pace so far; `-` before any problem is done."""
        board = self.board
        fresh = board.done - board.done_before
        if not fresh:
            return "-"
        left = (board.problems - board.done) * self.elapsed_s / fresh
        return str(timedelta(seconds=round(left)))


@contextmanager
def shown(
    console: Console, board: Callable[[], Board], *, title: str
) -> Iterator[Callable[[], None]]:
    """Show a board and what the rooms log while the context lasts; yield what redraws it."""
    with noted(console):
        if not console.is_terminal:
            yield _plain(console, board)
            return
        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield lambda: live.update(_panel(board(), title), refresh=True)


def _plain(console: Console, board: Callable[[], Board]) -> Callable[[], None]:
    last = time.monotonic()
    phase = ""

    def draw() -> None:
        nonlocal last, phase
        now = board()
        if now.phase != phase or time.monotonic() - last >= _PLAIN_SECONDS:
            last, phase = time.monotonic(), now.phase
            console.print(line(now), highlight=False, soft_wrap=True)

    return draw


def line(board: Board) -> str:
    """Return a board as one plain line."""
    if board.phase != LABELLING:
        return _phase(board)
    look = Look.of(board)
    costs = look.costs
    return (
        f"{board.done}/{board.problems} problems, {board.labelled_steps} steps labelled, "
        f"{costs.judged} rollouts ({costs.correct} correct, {costs.replayed} replayed"
        f"{f', {costs.reused} reused' if costs.reused else ''}), "
        f"{look.tokens_per_s:.0f} tokens/s, {board.in_flight()} in flight, eta {look.eta}"
    )


def _phase(board: Board) -> str:
    so_far = f", {board.loaded:,} so far" if board.phase == LOADING and board.loaded else ""
    return f"{board.phase}{so_far}"


def _panel(board: Board, title: str) -> Group | Text:
    if board.phase != LABELLING:
        return Text(f"{title}: {_phase(board)} ...", style="dim")
    look = Look.of(board)
    head = Table.grid(padding=(0, 2))
    head.add_row(
        Text(title, style="bold"),
        ProgressBar(total=max(board.problems, 1), completed=board.done, width=40),
        f"{board.done}/{board.problems} problems",
        f"eta {look.eta}",
    )
    body = Table.grid(padding=(0, 3))
    body.add_row(
        f"{board.solutions:,} solutions",
        f"{board.labelled_steps:,} labelled steps",
        f"{board.set_aside:,} set aside",
        f"{look.tokens_per_s:,.0f} tokens/s",
        f"{board.in_flight()} in flight",
    )
    return Group(head, body, _verdicts(look.costs))


def _verdicts(costs: Costs) -> Text:
    text = Text(f"{costs.judged:,} rollouts  ")
    for outcome, style in _STYLES.items():
        if count := getattr(costs, outcome.value):
            text.append(f"{count:,} {outcome.value.replace('_', ' ')}  ", style=style)
    if costs.replayed:
        text.append(f"({costs.replayed:,} from the journal)  ", style="dim")
    if costs.reused:
        text.append(f"({costs.reused:,} from other runs)  ", style="dim")
    if costs.scored:
        text.append(f"{costs.scored:,} texts scored")
    return text

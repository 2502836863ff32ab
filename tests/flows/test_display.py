import io

from rich.console import Console

from flows.display import Look, line, shown
from flows.oneoff import spent
from rollouts import Costs
from tasks.progress import Board
from tasks.records import Counts


def busy() -> Board:
    board = Board(problems=100, done=30, done_before=10, labelled_steps=200, solutions=50)
    board.labelling_began(lambda: 7)
    costs = Costs(
        sampled=40,
        replayed=10,
        completion_tokens=5000,
        replayed_tokens=1000,
        correct=30,
        incorrect=15,
        undecided=5,
        scored=1200,
    )
    board.shard_began(0, lambda: costs)
    return board


def test_a_session_says_what_it_took_in_vain_where_it_labelled_the_whole_run() -> None:
    board = busy()
    assert "idle" not in spent(board, Counts(correct=30, incorrect=15))  # earlier ones count too
    board.done, board.done_before = 100, 0
    told = spent(board, Counts(correct=30, incorrect=15))
    assert told.endswith(
        "; 5 rollouts, taken while the policy was idle, proved not to be needed "
        "and stand in no table"
    )
    assert "idle" not in spent(board, Counts(correct=30, incorrect=20))


def test_replayed_tokens_do_not_count_as_speed_nor_earlier_problems_as_pace() -> None:
    board = busy()
    look = Look(board, board.costs, elapsed_s=10.0)
    assert look.tokens_per_s == 400
    assert look.eta == "0:00:35"


def test_a_plain_line_says_how_far_the_run_is() -> None:
    shown_line = line(busy())
    assert shown_line.startswith("30/100 problems, 200 steps labelled, 50 rollouts (30 correct, 10")
    assert "7 in flight" in shown_line
    assert line(Board(phase="loading problems")) == "loading problems"
    so_far = line(Board(phase="loading problems", loaded=640_000))
    assert so_far == "loading problems, 640,000 so far"


def test_without_a_terminal_a_line_appears_per_phase_and_no_control_codes() -> None:
    stream = io.StringIO()
    board = Board(phase="starting")
    with shown(Console(file=stream), lambda: board, title="run") as draw:
        draw()
        draw()
        board.phase = "loading problems"
        draw()
    assert stream.getvalue() == "starting\nloading problems\n"


def test_a_terminal_shows_verdicts_and_rates() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=120)
    with shown(console, busy, title="my-run") as draw:
        draw()
    text = stream.getvalue()
    for part in (
        "my-run",
        "30/100 problems",
        "30 correct",
        "5 undecided",
        "10 from the journal",
        "1,200",
    ):
        assert part in text


def test_rollouts_of_other_runs_are_told_apart_where_there_are_any() -> None:
    board = busy()
    assert "reused" not in line(board)
    board.shard_began(1, lambda: Costs(reused=20, completion_tokens=900, reused_tokens=900))
    assert "10 replayed, 20 reused" in line(board)
    assert Look.of(board).costs.written_tokens == 4000

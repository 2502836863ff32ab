import io
import logging

from rich.console import Console

from flows.notes import noted


def said(level: int, message: str) -> str:
    """Return what a console shows of one log record of a room."""
    console = Console(file=io.StringIO(), width=40)
    with noted(console):
        logging.getLogger("sources.table_source").log(level, message)
    logging.getLogger("sources.table_source").log(level, "behind the context")
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_what_a_room_logs_is_one_line_beside_the_progress() -> None:
    line = "gsm8k: problem from `question`, answer from `answer`, gold behind ####"
    assert said(logging.INFO, line) == line + "\n"


def test_debug_records_stay_silent() -> None:
    assert said(logging.DEBUG, "detail") == ""


def test_a_servers_log_line_cannot_move_the_cursor() -> None:
    assert "\x1b" not in said(logging.WARNING, "died\x1b[2J\nand more [bold]markup[/]")

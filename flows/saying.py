"""The one way to print what others wrote: names of files and columns, answers of servers."""

from rich.console import Console
from rich.text import Text

from reports.text import plain


def say(console: Console, text: str) -> None:
    """Print text in which nothing is markup, moves a cursor or changes a colour."""
    console.print(Text(plain(text)), soft_wrap=True)

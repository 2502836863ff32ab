"""`stepmint view`: a page over runs, served on loopback until it is ended."""

import socket
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from rich.console import Console

from flows.saying import say
from pages.app import application
from pages.library import Library
from pages.security import new_token
from schemas import RunError

_OUTPUT = Path("output")


def view_here(folders: Sequence[Path], out: Console) -> None:
    """Serve a page over these runs, or over all of `output/`, and print its address.

    Raises RunError where a folder is no run's.
    """
    library = _library(folders)
    token = new_token()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # whoever reads the address may come at once
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/{token}/"
        say(
            out,
            f"{address}\nCtrl-C ends it. It writes marks alone, and answers this machine alone.",
        )
        config = uvicorn.Config(
            application(library, token=token),
            log_level="error",
            access_log=False,
            lifespan="off",
            server_header=False,
        )
        uvicorn.Server(config).run(sockets=[listening])


def _library(folders: Sequence[Path]) -> Library:
    for folder in folders:
        if not folder.is_dir():
            raise RunError(f"{folder} is no folder: give a run's folder, e.g. output/demo")
    if not folders and not _OUTPUT.is_dir():
        raise RunError("there is no folder output/ here: name a run's folder")
    return Library(folders, output=None if folders else _OUTPUT)

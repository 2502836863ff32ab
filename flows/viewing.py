"""`stepmint view`: a page over runs, served on loopback until it is ended."""

import socket
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from rich.console import Console

from flows.saying import say
from pages.app import application
from pages.library import Library
from pages.tokens import token_for
from reports.folders import holds_others
from schemas import RunError

_OUTPUT = Path("output")


def view_here(folders: Sequence[Path], out: Console, *, port: int = 0) -> None:
    """Serve a page over runs, searches and recipes, or over all of `output/`; print its address.

    Raises RunError where a folder is none of these and holds none, or the port is taken.
    """
    library = _library(folders)
    token = token_for(folders or [_OUTPUT])
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        _listen(listening, port)  # whoever reads the address may come at once
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


def _listen(listening: socket.socket, port: int) -> None:
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the one before may have ended
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen()
    except OSError as error:
        raise RunError(
            f"--port {port} cannot be listened at ({error.strerror}): end what does, or name "
            "another port, or 0 for a free one"
        ) from error


def _library(folders: Sequence[Path]) -> Library:
    if not folders and not _OUTPUT.is_dir():
        raise RunError("there is no folder output/ here: name a run's folder")
    outputs = [one for one in folders if holds_others(one)] if folders else [_OUTPUT]
    return Library((one for one in folders if one not in outputs), outputs=outputs)

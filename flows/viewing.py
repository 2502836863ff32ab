"""`stepmint view`: a page over runs, served on loopback until it is ended."""

import os
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import uvicorn
from rich.console import Console

from flows.saying import say
from pages.app import application
from pages.library import Library
from pages.tokens import token_for
from reports.folders import holds_others
from schemas import RunError

_OUTPUT = Path("output")
_GRACE_S = 1.0
"""How long answers may take that are under way at the end."""
_SIGNALLED = 128
"""To which shells add the signal's number, of a program that it ended."""


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
        _Server(config).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Ends soon when it is told to, whatever a page computes then: a thread cannot be stopped.

    A mark that is being written is there whole or not at all (`tasks/marks.py`).
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Let answers that are under way be given for a moment, and leave."""
        super().handle_exit(sig, frame)
        leaving = threading.Timer(_GRACE_S, os._exit, (_SIGNALLED + sig,))
        leaving.daemon = True
        leaving.start()


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

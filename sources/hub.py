"""Datasets of the hub through `datasets`; without a network one clear error, at once."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from schemas import SourceError
from sources.rows import Fault, Row
from sources.table_files import BATCH_ROWS, batch_rows

CONNECT_SECONDS = 5.0
"""How long one look at the hub may take; its client alone would retry for 23 s and more."""


def hub_rows(
    dataset: str, *, config: str | None, split: str, revision: str | None, streaming: bool
) -> Iterator[Row | Fault]:
    """Yield the rows of a hub dataset; without a config those of all its configs, one by one.

    What `datasets` has in its cache is read without a network. Raises SourceError when the
    dataset, config or split cannot be had, or the connection breaks off on the way.
    """
    # Imported here: it takes seconds, and a run on local files needs none of it.
    import datasets

    def table(name: str) -> Any:
        return datasets.load_dataset(
            dataset, name, split=split, revision=revision, streaming=streaming
        )

    with _prompt_offline_mode(datasets), _as_source_error(dataset):
        names = (
            [config] if config else datasets.get_dataset_config_names(dataset, revision=revision)
        )
        tables = [table(name) for name in names]
    with _as_source_error(dataset):
        for loaded in tables:
            yield from _table_rows(loaded)


def _table_rows(table: Any) -> Iterator[Row | Fault]:
    # Arrow batches, not rows: no image or audio is decoded on the way.
    batches = table.with_format("arrow").iter(batch_size=BATCH_ROWS)
    return batch_rows(batches)


@contextmanager
def _as_source_error(dataset: str) -> Iterator[None]:
    try:
        yield
    except SourceError:
        raise
    except Exception as error:
        cause = error.__cause__ if type(error).__name__.endswith("GenerationError") else error
        lines = str(cause or error).strip().splitlines() or [""]
        raise SourceError(
            f"{dataset}: the hub did not give it ({type(error).__name__}: {lines[0][:300]}). "
            "Check its name, config, split and the connection, or download it elsewhere and "
            "give the path of its folder or file instead"
        ) from error


@contextmanager
def _prompt_offline_mode(datasets: Any) -> Iterator[None]:
    """Tell `datasets` that it is offline where the hub cannot be reached: it then fails at once."""
    before = datasets.config.HF_HUB_OFFLINE
    datasets.config.HF_HUB_OFFLINE = before or not _hub_answers()
    try:
        yield
    finally:
        datasets.config.HF_HUB_OFFLINE = before


def _hub_answers() -> bool:
    """Return whether a connection to the hub opens; true, unseen, behind a proxy."""
    if any(
        os.environ.get(name) for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    ):
        return True
    url = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    port = url.port or (80 if url.scheme == "http" else 443)
    try:
        with socket.create_connection((url.hostname or "", port), timeout=CONNECT_SECONDS):
            return True
    except OSError:
        return False

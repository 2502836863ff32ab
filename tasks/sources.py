"""Sources whose data a hub's client has to fetch before anything can be read."""

from importlib import import_module
from typing import TypeVar

from schemas import SourceError
from sources.dataset_source import DatasetSource

S = TypeVar("S")
"""Any settings of a source."""


def located(source: S) -> S:
    """Return the source with its data on this machine, where it is one that only a client fetches.

    Raises SourceError for a missing client, and where the hub does not give the dataset.
    """
    if not isinstance(source, DatasetSource) or source.hub != "modelscope" or source.is_local:
        return source
    try:
        client = import_module("tasks.modelscope")  # an extra: not every installation has it
    except ModuleNotFoundError as error:
        raise SourceError(
            f"{source.dataset}: datasets of ModelScope need {error.name}: pip install -e '.[hub]'"
        ) from error
    return source.at(client.copy_dataset(source.dataset, source.revision))

"""Which folder of a run an export has, and whether it lies there already."""

import json
from collections.abc import Iterator
from itertools import chain, count
from typing import Any

from exporters.seam import Exporter
from schemas import ExportError
from schemas.run_folder import RunFolder
from schemas.views import Concludes


def viewed(exporter: Exporter, concludes: Concludes) -> Exporter:
    """Return an exporter with the view it will have of a run whose labeler concludes this."""
    if not exporter.reads_view:
        return exporter
    return exporter.model_copy(update={"view": exporter.view or exporter.own_view(concludes)})


def placed(run: RunFolder, exporter: Exporter) -> Exporter:
    """Return an exporter with a folder of its own: two exports of other settings never share one.

    Where its name is taken it is `NAME-2`, `NAME-3`, and so on; the same settings find their folder
    again. Raises ExportError where the folder was named and holds other settings.
    """
    if exporter.folder is not None:
        if changes := list(_differences(run, exporter.name, exporter)):
            raise ExportError(
                f"{run.export(exporter.name)} holds an export of other settings "
                f"({'; '.join(changes)}): name another folder, e.g. folder={exporter.name}-2, or "
                "delete that one"
            )
        return exporter
    names = chain((exporter.name,), (f"{exporter.name}-{number}" for number in count(2)))
    free = next(name for name in names if not any(_differences(run, name, exporter)))
    return exporter.model_copy(update={"folder": free})


def is_current(run: RunFolder, exporter: Exporter) -> bool:
    """Tell whether a run holds this very export whole, as far as its record says."""
    exporter = placed(run, viewed(exporter, run.concludes))
    return _exported(run, exporter.name) is not None


def _differences(run: RunFolder, name: str, exporter: Exporter) -> Iterator[str]:
    """Yield which settings of a folder's export are others; none where there is no export."""
    there, now = _exported(run, name), settings_of(exporter)
    for key in sorted(now) if there is not None else ():
        before = (there or {}).get(key)
        if before != now[key]:
            yield f"{key} was {json.dumps(before)}, now {json.dumps(now[key])}"


def _exported(run: RunFolder, name: str) -> dict[str, Any] | None:
    """Return the settings of the export in a folder; None where there is none whole."""
    try:
        record = json.loads((run.export(name) / "export.json").read_text("utf-8"))
        return dict(record["settings"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def settings_of(exporter: Exporter) -> dict[str, Any]:
    """Return the settings by which two exports are one or differ."""
    return exporter.model_dump(mode="json", exclude={"folder"})

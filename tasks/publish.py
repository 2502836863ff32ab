"""A run's committed tables and exports become a dataset on a hub, with its card."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from exporters.runs import SPLITS, Split
from reports.card import CardExport, CardFacts, dataset_card
from reports.summary import RunSummary, summarise
from schemas import RunError
from schemas.arrow import TABLE_NAMES
from schemas.rows import SolutionRow
from schemas.run_folder import RunFolder
from tasks.commits import check_shards
from tasks.files import digest
from tasks.hubs import Address, Hub, open_hub, same

_CARD = "README.md"
_EXPORT_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
_AGAIN = "write it again with `stepmint export`"
_OURS = (*(f"{table}/" for table in TABLE_NAMES), "exports/")
_SHAPING = ("source", "limit", "prompt", "sampling", "splitter", "verification", "labeler", "seed")
"""The settings a reader needs; not the policy's, which may hold addresses of private servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a publication holds, and what it changed."""

    url: str
    """Where it lies; empty for a dry run."""
    files: Mapping[str, int]
    """Path in the repository to size in bytes, the card included."""
    card: str
    written: tuple[str, ...]
    """Files that were new or different; none where nothing had changed, nor in a dry run."""
    unlabelled: int
    """Problems of the run that are not labelled yet."""
    deleted: tuple[str, ...]
    """Files of an earlier publication that this run does not have."""


def publish_run(
    run_dir: Path, to: str, *, private: bool = True, license: str = "other", dry_run: bool = False
) -> Publication:
    """Publish a run's committed shards and exports to `hf:org/name` or `ms:org/name`.

    Commits nothing where nothing has changed. A dry run sends nothing and needs no token. Raises
    RunError for a folder that is no run or whose files were changed, ExportError where the hub
    cannot be published to.
    """
    run, address = RunFolder(run_dir), Address.parse(to)
    check_shards(run_dir)
    files = dict(_files(run))
    card = _card(run, address, license=license)
    sizes = {path: file.stat().st_size for path, file in files.items()}
    sizes[_CARD] = len(card.encode())
    if dry_run:
        return Publication(
            url="", files=sizes, card=card, written=(), deleted=(), unlabelled=run.unlabelled
        )
    hub = open_hub(address)
    with tempfile.TemporaryDirectory(prefix="stepmint-card-") as folder:
        files[_CARD] = Path(folder) / _CARD
        files[_CARD].write_text(card, encoding="utf-8")
        written, deleted = _synchronise(hub, files, private=private, name=run.name)
    return Publication(
        url=hub.url,
        files=sizes,
        card=card,
        written=written,
        deleted=deleted,
        unlabelled=run.unlabelled,
    )


def _synchronise(
    hub: Hub, files: Mapping[str, Path], *, private: bool, name: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Make the repository hold these files; return what was written and what deleted."""
    there = hub.open(private=private)
    changed = {path: file for path, file in files.items() if not same(file, there.get(path, ""))}
    gone = [path for path in there if path.startswith(_OURS) and path not in files]
    if changed or gone:
        hub.commit(changed, delete=gone, message=f"Publish the run {name}")
    return tuple(sorted(changed)), tuple(sorted(gone))


def _files(run: RunFolder) -> Iterator[tuple[str, Path]]:
    """Yield what is published, by its path in the repository; only what is committed."""
    shards = run.shards  # each look walks the folder
    for table in TABLE_NAMES:
        for shard in shards:
            path = run.file(table, shard)
            if not path.exists():
                raise RunError(f"{path} is missing though its shard is committed: restore it")
            yield path.relative_to(run.path).as_posix(), path
    for folder in run.exports:
        for split, known in _export(folder).digests.items():
            path = folder / f"{split}.parquet"
            if not path.is_file() or digest(path) != known:
                raise RunError(f"{path} is missing or not what was exported: {_AGAIN}")
            yield f"exports/{folder.name}/{path.name}", path
        yield f"exports/{folder.name}/export.json", folder / "export.json"


def _card(run: RunFolder, address: Address, *, license: str) -> str:
    summary = summarise(run)
    config = _mapping(run.record().get("config"))
    facts = CardFacts(
        title=address.name,
        hub=address.hub,
        license=license,
        demo=_is_demo(summary, _mapping(config.get("policy"))),
        configuration=_shown(config),
        exports=[_card_export(folder) for folder in run.exports],
        example=_example(run),
    )
    return dataset_card(summary, facts)


def _shown(config: Mapping[str, object]) -> dict[str, object]:
    """Return the settings a reader needs; of a segmenter's own policy no more than its model."""
    shown = {key: config[key] for key in _SHAPING if key in config}
    splitter = _mapping(shown.get("splitter"))
    if policy := _mapping(splitter.get("policy")):
        named = {key: policy[key] for key in ("kind", "model") if policy.get(key)}
        named |= {"model": Path(str(named["model"])).name} if "model" in named else {}
        shown["splitter"] = {**splitter, "policy": named}
    return shown


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _is_demo(summary: RunSummary, policy: Mapping[str, object]) -> bool:
    """Return whether the demo policy or a script wrote the solutions, by what they are called."""
    identity = summary.provenance.policy if summary.provenance else ""
    words = re.split(r"[^a-z]+", f"{policy.get('model', '')} {identity}".lower())
    return "demo" in words or identity.startswith("scripted:")


class _FilterCount(BaseModel):
    """What a filter did to an export."""

    kind: str
    taken: dict[str, int]


class _Export(BaseModel):
    """What publishing reads of an `export.json`, which may have come from anywhere."""

    separator: str
    rows: dict[Split, int]
    refused: dict[str, int]
    filters: list[_FilterCount] = []
    digests: dict[Split, str] = Field(min_length=len(SPLITS))


def _export(folder: Path) -> _Export:
    path = folder / "export.json"
    if not _EXPORT_NAME.fullmatch(folder.name):
        raise RunError(f"{folder}: an export's name has letters, digits, `_`, `.` and `-` alone")
    try:
        return _Export.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise RunError(f"{path} is damaged or of an older stepmint: {_AGAIN}") from error


def _card_export(folder: Path) -> CardExport:
    found = _export(folder)
    rows = {str(split): count for split, count in found.rows.items()}
    return CardExport(
        name=folder.name,
        separator=found.separator,
        rows=rows,
        refused=found.refused,
        filtered=[(one.kind, sum(one.taken.values())) for one in found.filters],
    )


def _example(run: RunFolder) -> SolutionRow | None:
    """Return the first solution with a located error, else the first."""
    first = None
    for row in run.solutions():
        first = first or row
        if row.solution.first_error is not None and row.solution.first_error >= 0:
            return row
    return first

"""Paths become data files: a file, a folder, one split of a folder, or a glob."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from schemas import SourceError
from sources.data_files import FORMATS, format_of

_NOT_DATA = re.compile(r"dataset_(?:info|infos|dict)\.json|state\.json|cache-.*\.arrow")
"""What `datasets` writes beside the rows: descriptions, and what `map` came to."""
_SPLITS = ("train", "test", "validation", "valid", "val", "dev", "eval")


def expand(path: str, *, any_format: bool = False) -> tuple[Path, ...]:
    """Return the data files that a path names: itself, all in a folder, or what a glob matches.

    Folders are searched to their depths, in sorted order, for files of known formats; hidden
    files, and links that lead out of the folder, are passed over; `any_format` takes files of other
    names, too. Raises SourceError with the remedy when there is nothing to read.
    """
    root = Path(path).expanduser()
    if root.is_file():
        if not any_format:
            format_of(root)
        if not os.access(root, os.R_OK):
            raise SourceError(f"{path}: no permission to read it; try chmod u+r")
        return (root,)
    if root.is_dir():
        found = _data_files(_own(root), root, any_format=any_format)
    elif any(sign in path for sign in "*?["):
        anchor = Path(root.anchor or ".")
        found = _data_files(
            anchor.glob(str(root.relative_to(root.anchor))), anchor, any_format=any_format
        )
    elif root.exists():
        raise SourceError(f"{path}: neither a file nor a folder; copy its content into a file")
    else:
        raise SourceError(f"{path}: no such file or folder (looked in {Path.cwd()})")
    if not found:
        known = ", ".join(FORMATS)
        raise SourceError(
            f"{path}: no data files there; give files named {known}, or these with .gz"
        )
    return found


def split_files(folder: Path, split: str | None, *, any_format: bool = False) -> tuple[Path, ...]:
    """Return the data files of one split of a folder.

    What `save_to_disk` wrote names its splits; elsewhere files carry their split's name in their
    path. A folder that names no split at all is one. Raises SourceError naming the splits there
    are, when the wanted one is not among them, or none is wanted and they would be mixed.
    """
    saved = _saved_splits(folder)
    if split in saved:
        return expand(str(folder / split), any_format=any_format)
    if len(saved) == 1 and split is None:
        return expand(str(folder / saved[0]), any_format=any_format)
    files = () if saved else expand(str(folder), any_format=any_format)
    if split is None:
        mixed = saved or _told_apart(files, folder)
        if len(mixed) < 2:
            return files
        raise SourceError(
            f"{folder} holds the splits {', '.join(mixed)}, which would be mixed: set split to one "
            f"of them, or give the path of what you want, e.g. a glob such as {folder}/**/*"
        )
    there = saved or [name for name in _SPLITS if any(_carries(f, folder, name) for f in files)]
    chosen = tuple(file for file in files if _carries(file, folder, split))
    if chosen or not there:
        return chosen or files
    raise SourceError(f"{folder}: no files of split {split!r}; splits there: {', '.join(there)}")


def _saved_splits(folder: Path) -> list[str]:
    """Return the splits of a DatasetDict that `save_to_disk` wrote; none of another folder."""
    try:
        splits = json.loads((folder / "dataset_dict.json").read_text("utf-8"))["splits"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    names = [name for name in splits if isinstance(name, str) and Path(name).name == name]
    return [name for name in names if (folder / name).is_dir()]


def _told_apart(files: Sequence[Path], root: Path) -> list[str]:
    """Return the names of splits by which files differ: `train` of all of them tells nothing."""
    named = [{name for name in _SPLITS if _carries(file, root, name)} for file in files]
    common = set.intersection(*named)
    kinds = {frozenset(names - common) for names in named} - {frozenset()}
    return (
        [name for name in _SPLITS if any(name in kind for kind in kinds)] if len(kinds) > 1 else []
    )


def _data_files(found: Iterable[Path], root: Path, *, any_format: bool) -> tuple[Path, ...]:
    return tuple(
        path
        for path in sorted(found)
        if path.is_file()
        and not _NOT_DATA.fullmatch(path.name)
        and not any(part.startswith((".", "__")) for part in path.relative_to(root).parts)
        and (any_format or _is_known(path))
    )


def _own(root: Path) -> Iterator[Path]:
    """Yield what a folder holds to its depths, but for links that leave it."""
    home = root.resolve()
    # A snapshot in the hub's cache is made of links to the blobs beside it.
    homes = (home, home.parent.parent / "blobs") if home.parent.name == "snapshots" else (home,)
    for path in root.rglob("*"):
        real = path.resolve()
        if any(real.is_relative_to(one) for one in homes):
            yield path


def _is_known(path: Path) -> bool:
    try:
        return bool(format_of(path))
    except SourceError:
        return False


def _carries(file: Path, root: Path, split: str) -> bool:
    inside = file.relative_to(root).as_posix().lower()
    return re.search(rf"(?<![a-z]){re.escape(split.lower())}(?![a-z])", inside) is not None

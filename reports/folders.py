"""What a folder of ours is: a run, a search, a recipe; or what else, and what shows that."""

from pathlib import Path

from schemas import RunError
from schemas.recipe_folder import RecipeFolder
from schemas.run_folder import RunFolder
from schemas.search_folder import SearchFolder

AnyFolder = RunFolder | SearchFolder | RecipeFolder
RECORDS = ("run.json", SearchFolder.record_name, RecipeFolder.record_name)


def folder_at(path: Path) -> AnyFolder:
    """Return the run, search or recipe that a folder holds; of others RunError says what it is."""
    if not path.is_dir():
        what = "a file" if path.exists() else "no folder"
        raise RunError(f"{path} is {what}: give a run's folder, e.g. output/demo")
    for kind in (SearchFolder, RecipeFolder):
        if kind(path).record_file.is_file():
            return kind(path)
    run = RunFolder(path)
    if run.run_json.is_file() or run.markers.is_dir() or run.staging.is_dir():
        return run
    raise RunError(f"{path} {_is(path)}")


def run_at(path: Path) -> RunFolder:
    """Return the run that a folder holds; of others RunError says what they are."""
    found = folder_at(path)
    if isinstance(found, RunFolder):
        return found
    what = "search" if isinstance(found, SearchFolder) else "recipe"
    raise RunError(f"{path} is of a {what}, which makes no labels: `stepmint view {path}` shows it")


def holds_others(path: Path) -> bool:
    """Tell whether a folder holds runs, searches or recipes, and is itself none of them."""
    return not any((path / name).is_file() for name in RECORDS) and bool(ours_in(path))


def ours_in(path: Path) -> list[Path]:
    """Return the folders in a folder that hold runs, searches or recipes, by name."""
    found = {record.parent for name in RECORDS for record in path.glob(f"*/{name}")}
    return sorted(found)


def _is(path: Path) -> str:
    """Say what a folder is that is neither, and what shows it."""
    if (path / "export.json").is_file():
        return "is an export, whose rows trainers read: show the run that it is of"
    if (path / "critiques.json").is_file():
        return f"is a set of critiques: `stepmint show {path.parents[1]}` shows it with its run"
    if (path / "prm.json").is_file() or (path / "train.json").is_file():
        return "is a trained model: `stepmint evaluate` measures one"
    if (path / "config.json").is_file():
        return "is a model: name it in a configuration's `policy`"
    for above in path.resolve().parents[:3]:
        if any((above / name).is_file() for name in RECORDS):
            return f"is a part of {above}: give that"
    if ours_in(path):
        return "holds several: give one of them, or `stepmint view` them all"
    return "holds no run, search or recipe: give such a folder, e.g. output/demo"

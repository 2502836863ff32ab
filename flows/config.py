"""A YAML file and `--set a.b=c` become one checked configuration, or one readable message."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from flows.messages import checked
from schemas import ConfigError
from tasks.settings import LabelRun

__all__ = [
    "CONFIGS",
    "LabelRun",
    "find_config",
    "find_model",
    "load_run",
    "read_yaml",
    "with_overrides",
]

CHECKOUT = Path(__file__).resolve().parent.parent
CONFIGS = CHECKOUT / "configs"


def load_run(path: Path, overrides: Sequence[str] = ()) -> LabelRun:
    """Return the run that a YAML file describes, with `a.b=c` overrides (YAML values) applied.

    It has the file's name where it names none.
    Raises ConfigError that names every field that cannot work, its value, and what would.
    """
    written = {"name": path.stem} | read_yaml(path)
    values = with_overrides(written, overrides)
    find_model(values.get("policy"))
    try:
        run: LabelRun = checked(LabelRun, values, where=str(path))
    except ConfigError as error:
        replacing = [
            f"  its {where} is written for kind {old}: replace all of it with "
            f"--set '{where}={{kind: {new}}}'"
            for where, old, new in _other_kinds(written, values)
            if f"\n  {where}." in str(error) and f"\n  {where}.kind: " not in str(error)
        ]
        raise ConfigError("\n".join((str(error), *replacing))) from error
    return run


def _other_kinds(
    written: Mapping[str, Any], values: Mapping[str, Any], path: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the sections that have another kind than the file writes, with both kinds."""
    for name, old in written.items():
        new, where = values.get(name), f"{path}{name}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            if old.get("kind") != new.get("kind"):
                yield where, old.get("kind"), new.get("kind")
            yield from _other_kinds(old, new, f"{where}.")


def find_model(policy: Any) -> None:
    """Let a model's folder in the checkout, as ours name it, be found from any other folder."""
    model = policy.get("model") if isinstance(policy, dict) else None
    if isinstance(model, str) and not Path(model).exists() and (CHECKOUT / model).is_dir():
        policy["model"] = str(CHECKOUT / model)


def find_config(name: str, *, folder: Path = CONFIGS, what: str = "configuration") -> Path:
    """Return the file of a configuration given by path, or by name in a folder of ours."""
    given = Path(name)
    if given.is_file():
        return given
    known = folder / f"{name}.yaml"
    if known.is_file():
        return known
    names = ", ".join(sorted(path.stem for path in folder.glob("*.yaml")))
    raise ConfigError(f"{name} is no {what}: give the path of a YAML file, or one of {names}")


def with_overrides(values: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Return `values` with overrides `a.b=c` applied in order; values are YAML, or `@FILE` of it.

    Raises ConfigError for one that is no `key=value` or reaches into a plain value.
    """
    merged = dict(values)
    for override in overrides:
        key, equals, text = override.partition("=")
        path = key.strip().split(".")
        if not equals or not all(path):
            raise ConfigError(f"--set {override}: write it as --set key=value, e.g. --set seed=7")
        value = read_yaml(Path(text[1:])) if text.startswith("@") else _yaml(override, text)
        _put(merged, path, value, override)
    return merged


def _put(values: dict[str, Any], path: Sequence[str], value: Any, override: str) -> None:
    for depth, part in enumerate(path[:-1]):
        inner = values.get(part) or {}
        if not isinstance(inner, dict):
            where = ".".join(path[: depth + 1])
            raise ConfigError(f"--set {override}: {where} is {inner!r}, it has no keys")
        values[part] = dict(inner)
        values = values[part]
    values[path[-1]] = value


def _yaml(override: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(
            f"--set {override}: {text!r} is no YAML value; put quotes around text"
        ) from error


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping that a YAML file holds; raises ConfigError for anything else."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as UTF-8 text: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} holds no mapping: write `name: my-run` and so on")
    return content

"""A YAML file and `--set a.b=c` become one checked configuration, or one readable message."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from schemas import ConfigError
from tasks.settings import LabelRun, ShardSettings

__all__ = ["CONFIGS", "LabelRun", "ShardSettings", "find_config", "load_run"]

CONFIGS = Path(__file__).resolve().parent.parent / "configs"


def load_run(path: Path, overrides: Sequence[str] = ()) -> LabelRun:
    """Return the run that a YAML file describes, with `a.b=c` overrides (YAML values) applied.

    Raises ConfigError that names every field that cannot work, its value, and what would.
    """
    values = _mapping(path)
    for override in overrides:
        _apply(values, override)
    try:
        return LabelRun.model_validate(values)
    except ValidationError as error:
        lines = [f"  {_explained(one)}" for one in _distinct(error)]
        raise ConfigError("\n".join((f"{path} cannot be run:", *lines))) from error


def find_config(name: str) -> Path:
    """Return the file of a configuration given by path, or by name in `configs/`."""
    given = Path(name)
    if given.is_file():
        return given
    known = CONFIGS / f"{name}.yaml"
    if known.is_file():
        return known
    names = ", ".join(sorted(path.stem for path in CONFIGS.glob("*.yaml")))
    raise ConfigError(
        f"{name} is no configuration: give the path of a YAML file, or one of {names}"
    )


def _mapping(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as UTF-8 text: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} holds no mapping: write `name: my-run` and so on")
    return content


def _apply(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    path = key.strip().split(".")
    if not equals or not all(path):
        raise ConfigError(f"--set {override}: write it as --set key=value, e.g. --set seed=7")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override}: {text!r} is not a YAML value") from error
    for part in path[:-1]:
        inner = values.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"--set {override}: {part} is {inner!r}, it has no keys")
        values = inner
    values[path[-1]] = value


def _distinct(error: ValidationError) -> list[Any]:
    """Return one error per place, the first."""
    return list({one["loc"]: one for one in reversed(error.errors(include_url=False))}.values())[
        ::-1
    ]


def _explained(error: Mapping[str, Any]) -> str:
    path = _path(error["loc"])
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"{path}: unknown; {_valid_keys(error['loc'])}"
    if kind == "missing":
        return f"{path}: missing; there is no default, name one"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        context = error["ctx"]
        name = str(context["discriminator"]).strip("'")
        expected = str(context.get("expected_tags", "")) or ", ".join(_tags(error["loc"]))
        found = repr(context["tag"]) if "tag" in context else "missing"
        return f"{path}.{name}: {found}; give one of {expected.replace(chr(39), '')}"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{path}: {_short(error['input'])}: {message[:1].lower()}{message[1:]}"


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def _path(loc: Sequence[str | int]) -> str:
    """Return the path as a user writes it: without the tags pydantic puts in for unions."""
    shown: list[str] = []
    kinds: list[Any] = [LabelRun]
    for part in loc:
        tagged = [kind for kind in kinds if part in _tags_of(kind)]
        if tagged and not any(part in _fields(kind) for kind in kinds):
            kinds = tagged
            continue
        shown.append(str(part))
        kinds = [inner for kind in kinds for inner in _inner(kind, part)]
    return ".".join(shown) or "the file"


def _valid_keys(loc: Sequence[str | int]) -> str:
    kinds: list[Any] = [LabelRun]
    for part in loc[:-1]:
        tagged = [kind for kind in kinds if part in _tags_of(kind)]
        kinds = tagged or [inner for kind in kinds for inner in _inner(kind, part)]
    keys = list(dict.fromkeys(name for kind in kinds for name in _fields(kind)))
    close = get_close_matches(str(loc[-1]), keys, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}keys here are {', '.join(keys)}"


def _tags(loc: Sequence[str | int]) -> list[str]:
    kinds: list[Any] = [LabelRun]
    for part in loc:
        kinds = [inner for kind in kinds for inner in _inner(kind, part)]
    return [str(tag) for kind in kinds for tag in _tags_of(kind)]


def _fields(kind: Any) -> Mapping[str, Any]:
    return kind.model_fields if _is_model(kind) else {}


def _tags_of(kind: Any) -> tuple[Any, ...]:
    field = _fields(kind).get("kind")
    return get_args(field.annotation) if field else ()


def _inner(kind: Any, part: str | int) -> list[Any]:
    """Return the models that may stand in a field, or in a list's place."""
    if isinstance(part, int):
        return [kind]
    field = _fields(kind).get(part)
    return list(_models(field.annotation)) if field else []


def _models(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _models(get_args(annotation)[0])
    if origin in {Union, UnionType, tuple, list}:
        return [model for inner in get_args(annotation) for model in _models(inner)]
    return [annotation] if _is_model(annotation) else []


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)

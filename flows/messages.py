"""Pydantic's complaints in words a user can act on: field, value, and what would do."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from schemas import ConfigError
from schemas.settings import tag_of

_LONGEST = 80
_PRIVATE = {"urls", "env", "extra_args", "api_key_env"}
"""Fields whose values are not repeated: people put secrets there."""


def checked(model: Any, values: Mapping[str, Any], *, where: str) -> Any:
    """Return the settings of a model, or of a union's member, with these values.

    Raises ConfigError with one message that names every field that cannot work.
    """
    try:
        return TypeAdapter(model).validate_python(dict(values))
    except ValidationError as error:
        raise ConfigError(explained(error, model, where=where)) from error


def explained(error: ValidationError, model: Any, *, where: str) -> str:
    """Return one message that names every field of `model`, or a union, that cannot work."""
    first = {one["loc"]: one for one in reversed(error.errors(include_url=False))}
    kinds = models_of(model)
    lines = [f"  {_line(one, kinds)}" for one in reversed(first.values())]
    return "\n".join((f"{where} cannot work:", *lines))


def _line(error: Mapping[str, Any], models: Sequence[Any]) -> str:
    path, kinds = _walk(error["loc"], models)
    shown = ".".join(path) or "the file"
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"{shown}: unknown; {_valid_keys(path[-1], _walk(error['loc'][:-1], models)[1])}"
    if kind == "secret":
        return f"{shown}: {error['msg']}"
    if kind == "missing":
        return f"{shown}: missing; there is no default, name one"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        tags = ", ".join(str(tag) for kind in kinds for tag in tag_of(kind)[1])
        found = repr(error["ctx"]["tag"]) if kind == "union_tag_invalid" else "missing"
        key = ".".join([*path, error["ctx"]["discriminator"].strip("'")])
        return f"{key}: {found}; give one of {tags}"
    if kind in {"model_attributes_type", "model_type"}:
        return f"{shown}: {_short(error['input'])}: write its settings as a mapping"
    message = str(error["msg"]).removeprefix("Value error, ")
    told = f"{message[:1].lower()}{message[1:]}"
    if _PRIVATE & set(path):
        return f"{shown}: {told}"
    return f"{shown}: {_short(error['input'])}: {told}"


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + "..."


def _valid_keys(key: str, kinds: Sequence[Any]) -> str:
    keys = list(dict.fromkeys(name for kind in kinds for name in _fields(kind)))
    close = get_close_matches(key, keys, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}keys here are {', '.join(keys)}"


def _walk(loc: Sequence[str | int], models: Sequence[Any]) -> tuple[list[str], list[Any]]:
    """Return the path as a user writes it, and the models that may stand there.

    Pydantic puts the tag of a union's member into the path; it picks the member and is left out.
    """
    path: list[str] = []
    kinds = list(models)
    for part in loc:
        tagged = [kind for kind in kinds if part in tag_of(kind)[1]]
        if tagged:
            kinds = tagged
            continue
        path.append(str(part))
        if isinstance(part, str):
            kinds = [inner for kind in kinds for inner in _inner(kind, part)]
    return path, kinds


def _fields(kind: Any) -> Mapping[str, Any]:
    return kind.model_fields if _is_model(kind) else {}


def _inner(kind: Any, name: str) -> list[Any]:
    field = _fields(kind).get(name)
    return models_of(field.annotation) if field else []


def models_of(annotation: Any) -> list[Any]:
    """Return the models that an annotation names, in order, inside unions, tuples and lists too."""
    if _is_model(annotation):
        return [annotation]
    return [model for inner in get_args(annotation) for model in models_of(inner)]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)

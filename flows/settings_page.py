"""Writes docs/settings.md: every setting of runs, critiques, searches and recipes.

Run it as `python -m flows.settings_page > docs/settings.md`.
"""

import json
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from flows.messages import models_of
from schemas.settings import Settings, tag_of
from tasks.critique_settings import CritiqueRun
from tasks.recipes import (
    ActiveSelection,
    AgentWorkflow,
    BestOfNChoice,
    RStar,
    SelfConsistency,
    SelfRefine,
    Star,
    StepwiseBestOfN,
    Votes,
    VStar,
)
from tasks.search_settings import SearchRun
from tasks.settings import LabelRun

_HEAD = """\
# Settings

Written by `python -m flows.settings_page > docs/settings.md` from the models. A configuration is a
YAML file; `source`, `policy` and `labeler` have to be there, all else has a default. Any field can
be given on the command line: `--set labeler.num_rollouts=16`. `stepmint check CONFIG` says what it
comes to, `stepmint schema` prints the JSON schema for an editor.

Settings marked * change no row: they may differ when a run is resumed."""


_SHALLOW = {
    model for field in LabelRun.model_fields.values() for model in models_of(field.annotation)
}
"""Models that stand in a run itself: they are described there, wherever else they may stand."""

_ROOTS: dict[type[BaseModel], str] = {
    LabelRun: "A run",
    CritiqueRun: "Critiques of a run",
    Star: "A recipe `{kind: star}`",
    VStar: "A recipe `{kind: v_star}`",
    SelfConsistency: "A recipe `{kind: self_consistency}`",
    Votes: "A recipe `{kind: votes}`",
    BestOfNChoice: "A recipe `{kind: best_of_n}`",
    StepwiseBestOfN: "A recipe `{kind: stepwise_best_of_n}`",
    RStar: "A recipe `{kind: rstar}`",
    SelfRefine: "A recipe `{kind: self_refine}`",
    AgentWorkflow: "A recipe `{kind: workflow}`",
    ActiveSelection: "A recipe `{kind: active_selection}`",
    SearchRun: "A search at test time",
}
_COLUMNS = ("| setting | type | default | meaning |", "| --- | --- | --- | --- |")


def page() -> str:
    """Return the page."""
    done: set[type[BaseModel]] = set()
    return "\n\n".join((_HEAD, *_sections("", list(_ROOTS), done))) + "\n"


def _sections(
    path: str, models: list[type[BaseModel]], done: set[type[BaseModel]]
) -> Iterator[str]:
    """Yield a section per model that may stand at a path, then those of what is in them."""
    for model in models:
        if model in done or ("." in path and model in _SHALLOW):
            continue
        done.add(model)
        yield _section(path, model)
        for name, field in model.model_fields.items():
            inner = f"{path}.{name}" if path else name
            yield from _sections(inner, models_of(field.annotation), done)


def _section(path: str, model: type[BaseModel]) -> str:
    tag, choices = tag_of(model)
    named = f"`{path}: {{{tag}: {choices[0]}}}`" if tag else f"`{path}`"
    title = named if path else _ROOTS[model]
    told = (model.__doc__ or "").strip().split("\n\n")[0]
    free = model.free if issubclass(model, Settings) else frozenset()
    rows = [
        _row(name, field, meaning=meaning(model, name), free=name in free)
        for name, field in model.model_fields.items()
        if name != tag
    ]
    table = "\n".join((*_COLUMNS, *rows))
    level = "##" if path.count(".") == 0 else "###"
    return "\n\n".join((f"{level} {title}", " ".join(told.split()), *([table] if rows else ())))


def meaning(model: type[BaseModel], name: str) -> str:
    """Return what a field means: what a base says where a model only changes the default."""
    bases = [base for base in model.__mro__ if issubclass(base, BaseModel)]
    fields = [base.model_fields[name] for base in bases if name in base.model_fields]
    told = next((field.description for field in fields if field.description), "")
    return " ".join(told.split())


def _row(name: str, field: FieldInfo, *, meaning: str, free: bool) -> str:
    cells = (f"`{name}`{' *' if free else ''}", _type(field.annotation), _default(field), meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        kind = getattr(value, "kind", "")
        return f"`{{kind: {kind}}}`" if kind else "its defaults"
    shown = json.dumps(value, default=str, ensure_ascii=False)
    return f"`{shown}`" if len(shown) < 60 else "see the model"


_NAMES = {str: "text", int: "integer", float: "number", bool: "true or false", NoneType: "null"}


def _type(annotation: Any) -> str:
    """Return an annotation as a writer of YAML reads it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inner[0])
    if origin is Literal:
        return ", ".join(f"`{json.dumps(value)}`" for value in inner)
    if origin in {Union, UnionType}:
        tags = [tag_of(one)[1] for one in inner]
        if all(tags):
            return "one of " + ", ".join(f"`{tag}`" for tag, *_ in tags)
        return " or ".join(dict.fromkeys(map(_type, inner)))
    if origin in {tuple, list}:
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return f"mapping to {_type(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    return _NAMES.get(annotation, getattr(annotation, "__name__", "text").lower())


if __name__ == "__main__":
    print(page(), end="")

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from pydantic import BaseModel

from flows.config import CHECKOUT, CONFIGS
from flows.messages import models_of
from flows.settings_page import meaning, page
from tasks.settings import LabelRun


def models(annotation: Any) -> set[type[BaseModel]]:
    """Every model that a configuration may hold, at any depth."""
    found: set[type[BaseModel]] = set()
    left = list(models_of(annotation))
    while left:
        model = left.pop()
        if model not in found:
            found.add(model)
            left += [
                m for field in model.model_fields.values() for m in models_of(field.annotation)
            ]
    return found


def test_the_page_of_settings_is_what_the_models_say() -> None:
    written = (CHECKOUT / "docs" / "settings.md").read_text("utf-8")
    assert written == page(), "python -m flows.settings_page > docs/settings.md"


def test_every_setting_says_what_it_means() -> None:
    silent = [
        f"{model.__name__}.{name}"
        for model in models(LabelRun)
        for name in model.model_fields
        if name not in {"kind", "format"} and not meaning(model, name)
    ]
    assert sorted(silent) == []


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_for_editors_takes_the_ready_configurations(path: Path) -> None:
    schema = json.loads(json.dumps(LabelRun.model_json_schema()))
    jsonschema.validate(yaml.safe_load(path.read_text()), schema)

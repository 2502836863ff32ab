"""How a model continues a prefix.

A policy is frozen settings with `kind`, `examine()` and `open()`, which gives something with the
names of `Policy` (policies/seam.py); one name more in `AnyPolicy` and it can be used.
"""

from typing import Annotated

from pydantic import Field

from policies.embedded import TransformersSettings
from policies.scripted import ScriptedSettings
from policies.scripted_critic import ScriptedCriticSettings
from policies.seam import Policy
from policies.served import OpenAISettings, VllmSettings

AnyPolicy = Annotated[
    TransformersSettings
    | VllmSettings
    | OpenAISettings
    | ScriptedSettings
    | ScriptedCriticSettings,
    Field(discriminator="kind"),
]
"""Settings of any policy; pydantic picks by `kind`."""

__all__ = [
    "AnyPolicy",
    "OpenAISettings",
    "Policy",
    "ScriptedCriticSettings",
    "ScriptedSettings",
    "TransformersSettings",
    "VllmSettings",
]

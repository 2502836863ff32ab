"""How a model continues a prefix."""

from typing import Annotated

from pydantic import Field

from policies.embedded import TransformersSettings
from policies.scripted import ScriptedSettings
from policies.seam import Policy, PolicySettings

AnyPolicy = Annotated[
    TransformersSettings | ScriptedSettings,
    Field(discriminator="kind"),
]
"""Settings of any policy; pydantic picks by `kind`."""

__all__ = [
    "AnyPolicy",
    "Policy",
    "PolicySettings",
    "ScriptedSettings",
    "TransformersSettings",
]

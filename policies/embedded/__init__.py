"""A policy in this process: a transformers model, decoded with continuous batching."""

from policies.embedded.settings import TransformersSettings

__all__ = ["TransformersSettings"]

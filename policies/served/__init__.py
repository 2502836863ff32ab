"""Policies behind HTTP: any OpenAI-compatible servers, and a vLLM that a run starts itself."""

from policies.served.settings import OpenAISettings, VllmSettings

__all__ = ["OpenAISettings", "VllmSettings"]

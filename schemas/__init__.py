"""Frozen records that every room speaks. Imports nothing of ours."""

from schemas.errors import (
    ConfigError,
    ExportError,
    PolicyError,
    RunError,
    SourceError,
    StepmintError,
    VerifierError,
)
from schemas.evidence import Evidence, StopRule
from schemas.labels import Finding, LabelledSolution, Labelling, Node, StepCheck
from schemas.problems import Problem, RejectedRow, problem_id
from schemas.rollouts import (
    ROOT,
    ChatPrompt,
    Completion,
    CompletionRequest,
    FinishReason,
    Message,
    Outcome,
    Prefix,
    Prompt,
    Rollout,
    Sampling,
    TextPrompt,
    Tokens,
    Verdict,
)
from schemas.settings import Settings

__all__ = [
    "ROOT",
    "ChatPrompt",
    "Completion",
    "CompletionRequest",
    "ConfigError",
    "Evidence",
    "ExportError",
    "Finding",
    "FinishReason",
    "LabelledSolution",
    "Labelling",
    "Message",
    "Node",
    "Outcome",
    "PolicyError",
    "Prefix",
    "Problem",
    "Prompt",
    "RejectedRow",
    "Rollout",
    "RunError",
    "Sampling",
    "Settings",
    "SourceError",
    "StepCheck",
    "StepmintError",
    "StopRule",
    "TextPrompt",
    "Tokens",
    "Verdict",
    "VerifierError",
    "problem_id",
]

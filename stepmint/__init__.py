"""Step labels in plain Python, for people who keep their own runner: no run folder, no Prefect.

from stepmint import label_steps

told = label_steps(question, solution, gold, policy={...}, labeler={...})
told.labels, told.first_error, told.solution.evidence
"""

from schemas import Completion, CompletionRequest
from stepmint.calls import alabel_many, alabel_steps, label_many, label_steps
from stepmint.labels import StepLabels
from stepmint.policies import Write
from stepmint.session import Item, StepLabeler

__all__ = [
    "Completion",
    "CompletionRequest",
    "Item",
    "StepLabeler",
    "StepLabels",
    "Write",
    "alabel_many",
    "alabel_steps",
    "label_many",
    "label_steps",
]

"""A labelled solution is shown to a critic, and what it writes is read: verdicts, first error."""

from rollouts.critiquing.critic import Critic
from rollouts.critiquing.reading import READER, judgement
from rollouts.critiquing.showing import critique_prompt, load_critique_template, solution_key

__all__ = [
    "READER",
    "Critic",
    "critique_prompt",
    "judgement",
    "load_critique_template",
    "solution_key",
]

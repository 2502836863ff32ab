"""Solutions vote with their answers (self-consistency, 2203.11171); the verifier tells equal ones.

No gold answer is looked at: a vote knows what was written, and nothing of what is right.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from schemas import Outcome
from verification.cascade import Cascade
from verification.finding.extraction import Extraction


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerClass:
    """Answers that the verifier finds equal."""

    answer: str
    """As the most frequent of them is written; of equally frequent ones the first."""
    spellings: tuple[str, ...]
    """All ways in which they are written, the most frequent first."""
    count: int
    """Solutions that state one of them."""


def answer_classes(
    answers: Sequence[str],
    cascade: Cascade,
    *,
    options: Sequence[str] = (),
    most: int | None = None,
) -> list[AnswerClass]:
    """Group answers, the largest class first; of equally large ones that which came first.

    Each spelling is held against the most frequent one of each class. `most` spellings at most are
    looked at. May block while a worker of the verifier is asked.
    """
    groups: list[list[tuple[str, int]]] = []
    for answer, count in Counter(answers).most_common(most):
        for group in groups:
            found = Extraction(answer, "vote")
            verdict = cascade.judge_extracted(group[0][0], found, options=options)
            if verdict.outcome is Outcome.CORRECT:
                group.append((answer, count))
                break
        else:
            groups.append([(answer, count)])
    first = {answer: place for place, answer in reversed(list(enumerate(answers)))}
    classes = [
        AnswerClass(
            answer=group[0][0],
            spellings=tuple(answer for answer, _ in group),
            count=sum(count for _, count in group),
        )
        for group in groups
    ]
    return sorted(classes, key=lambda one: (-one.count, min(map(first.__getitem__, one.spellings))))


def entropy(counts: Sequence[int]) -> float:
    """Return the entropy of votes in nats; 0 where all agree, or none votes."""
    total = sum(counts)
    return max(0.0, -math.fsum(c / total * math.log(c / total) for c in counts if c))

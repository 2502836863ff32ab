"""Whether a run's rollouts can mean anything: asked of its first problems, then of every shard.

A policy whose answers nobody can read, that solves nothing, or that writes the same text for every
seed yields step labels all the same: every step wrong. So a run that looks like that stops within
its first problems, says what it saw and what would help, and names the setting that accepts it.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from reports.text import one_line
from schemas import Outcome, Problem, Rollout, RunError
from tasks.settings import LabelRun
from verification.finding.forms import look, stated_forms

FIRST = 32
"""Problems whose solutions must be there before a run is judged by them."""
_LAST = 128
"""Problems after which only shards are judged, as they are committed."""
_NONE_RIGHT = 100
"""Rollouts of which at least one must be right; fewer are too few to say."""
_ERRORS = 2.0
"""Standard errors by which the first problems must miss a limit: shards miss it by any amount."""
_READ = 400
"""Texts in which stated answers are looked for."""
_EXAMPLES = 2
_EXCERPT = 160
_KEPT = "what was sampled is kept in the journal, and is judged anew by the same command"


@dataclass(frozen=True, slots=True)
class Seen:
    """A rollout and the problem it is of."""

    problem: Problem
    rollout: Rollout

    @property
    def outcome(self) -> Outcome:
        """What its answer came to."""
        return self.rollout.verdict.outcome


class Watch:
    """Sees every rollout of a session; raises RunError where the first problems are of no use.

    What counts is each problem's root rollouts: all problems have them, and they come first.
    """

    def __init__(self, run: LabelRun) -> None:
        self._run = run
        self._roots = run.first_rollouts
        self._first = self._next = FIRST
        self._open: dict[str, list[Seen]] = {}
        self._ready: dict[str, tuple[Seen, ...]] = {}
        self._rollouts = self._right = 0
        self._refusal = ""

    def expect(self, problems: int) -> None:
        """Say how many problems there are to label: all of fewer than `FIRST` are the first."""
        self._first = self._next = max(1, min(FIRST, problems))

    def seen(self, problem: Problem, rollout: Rollout) -> None:
        """Count a judged rollout; raises RunError."""
        if self._next > _LAST:
            return
        if self._refusal:  # of all that are in flight one says why
            raise RunError(self._refusal)
        try:
            self._count(problem, rollout)
        except RunError as error:
            self._refusal = str(error)
            raise

    def _count(self, problem: Problem, rollout: Rollout) -> None:
        self._rollouts += 1
        self._right += rollout.verdict.outcome is Outcome.CORRECT
        if not rollout.prefix.steps and problem.id not in self._ready:
            roots = self._open.setdefault(problem.id, [])
            roots.append(Seen(problem, rollout))
            if len(roots) >= self._roots:
                self._ready[problem.id] = tuple(self._open.pop(problem.id))
                self._check_shares()
        self._check_any_right()

    def _check_shares(self) -> None:
        """Look at the shares at 32 problems, at 64 and at 128."""
        if len(self._ready) < self._next:
            return
        groups = list(self._ready.values())
        where = f"the first {len(groups)} problems"
        for limit in _limits(self._run):
            if _clearly_above(limit.most, [limit.share(group) for group in groups]):
                raise limit.refusal([one for group in groups for one in group], where)
        alike = [float(_identical(group)) for group in groups]
        if _clearly_above(self._run.shards.max_identical, alike):
            raise RunError(_alike(self._run, groups, where))
        self._next *= 2
        if self._next > _LAST:
            self._open, self._ready = {}, {}

    def _check_any_right(self) -> None:
        enough = self._rollouts >= _NONE_RIGHT and len(self._ready) >= self._first
        if self._right or not enough or self._run.shards.accept_none_correct:
            return
        raise RunError(_none_right(self._rollouts, list(self._ready.values())))


def refuse_poor(run: LabelRun, shard: str, taken: Sequence[Seen]) -> None:
    """Raise RunError where too many of a shard's rollouts count as nothing."""
    for limit in _limits(run):
        if limit.share(taken) > limit.most:
            raise limit.refusal(taken, shard)


def _clearly_above(limit: float, shares: Sequence[float]) -> bool:
    error = pstdev(shares) / math.sqrt(len(shares))
    return fmean(shares) - _ERRORS * error > limit


@dataclass(frozen=True, slots=True)
class _Limit:
    """The largest share of rollouts that may have an outcome: the setting `shards.max_OUTCOME`."""

    outcome: Outcome
    most: float
    told: str
    advice: Callable[[Sequence[Seen]], Iterator[str]]
    """Says of the rollouts with this outcome what would help."""

    def share(self, taken: Sequence[Seen]) -> float:
        """Return the outcome's share."""
        return len(_with(taken, self.outcome)) / max(1, len(taken))

    def refusal(self, taken: Sequence[Seen], where: str) -> RunError:
        """Return the error that says how many there are, why, and what would help."""
        them, share = _with(taken, self.outcome), self.share(taken)
        accept = min(1.0, share + 0.05)
        lines = (
            f"{where}: {len(them)} of {len(taken)} rollouts {self.told} "
            f"({share:.0%}, at most {self.most:.0%} are allowed)",
            *(f"  {line}" for line in self.advice(them)),
            f"  accept it with --set shards.max_{self.outcome.value}={accept:.2f}; {_KEPT}",
        )
        return RunError("\n".join(lines))


def _limits(run: LabelRun) -> tuple[_Limit, ...]:
    most = run.shards
    return (
        _Limit(
            Outcome.NO_ANSWER,
            most.max_no_answer,
            "state no answer",
            lambda them: _unread(run, them),
        ),
        _Limit(
            Outcome.TRUNCATED, most.max_truncated, "are truncated", lambda them: _cut(run, them)
        ),
        _Limit(Outcome.UNDECIDED, most.max_undecided, "are undecided", _untold),
    )


def _unread(run: LabelRun, unread: Sequence[Seen]) -> Iterator[str]:
    """Say how the answers are stated that nobody read."""
    form = run.verification.answer_format.kind
    texts = [one.rollout.text for one in unread[:_READ]]
    empty = sum(not text.strip() for text in texts)
    if empty:
        yield f"{empty} of {len(texts)} are empty: look at the prompt and the chat template"
    found = stated_forms(texts)
    stated = found.pop("auto", 0)
    for kind, count in found.items():
        if kind != form and count * 10 >= len(texts):
            yield f"{count} of {len(texts)} state one as `{look(kind)}`"
    if stated:
        yield (
            f"answers are read as {form!r}: --set verification.answer_format=auto reads "
            f"{stated} of {len(texts)}, or take a prompt that asks for another form"
        )
    elif len(texts) > empty:
        yield (
            f"answers are read as {form!r}, and no other known form is there either: ask for one "
            "in the prompt, or describe theirs with verification.answer_format={kind: pattern}"
        )
    yield from _endings(unread)


def _cut(run: LabelRun, cut: Sequence[Seen]) -> Iterator[str]:
    tokens = max((one.rollout.completion.completion_tokens for one in cut), default=0)
    limit = run.sampling.max_tokens
    if tokens < limit:
        yield f"they end after {tokens} tokens: the policy's context has no room for more"
    else:
        yield f"raise sampling.max_tokens (now {limit}), or ask for shorter solutions in the prompt"
    yield from _endings(cut)


def _untold(undecided: Sequence[Seen]) -> Iterator[str]:
    """Say why the verifier could not tell, most frequent reasons first."""
    reasons = Counter(one_line(one.rollout.verdict.reason, _EXCERPT) for one in undecided)
    for reason, count in reasons.most_common(3):
        yield f"{count} of {len(undecided)}: {reason}"
    for one in _examples(undecided):
        yield f"e.g. {_pair(one)}"


def _identical(roots: Sequence[Seen]) -> bool:
    """Tell whether a problem's solutions, two or more, are all one text."""
    return len(roots) > 1 and len({one.rollout.text for one in roots}) == 1


def _alike(run: LabelRun, groups: Sequence[Sequence[Seen]], where: str) -> str:
    alike = [group for group in groups if _identical(group)]
    lines = (
        f"{where}: {len(alike)} have the same text in all their solutions "
        f"({len(alike) / len(groups):.0%}, at most {run.shards.max_identical:.0%} are allowed)",
        "  rollouts that cannot differ count one many times: sampling.temperature is "
        f"{run.sampling.temperature:g}; raise it, or find out why the server ignores `seed` and "
        "`temperature`",
        *(f"  {line}" for line in _endings([group[0] for group in alike])),
        f"  accept it with --set shards.max_identical=1; {_KEPT}",
    )
    return "\n".join(lines)


def _none_right(rollouts: int, groups: Sequence[Sequence[Seen]]) -> str:
    """Say that a run's labels would all be wrong, with what was asked, due and answered."""
    roots = [one for group in groups for one in group]
    counts = Counter(one.outcome.value.replace("_", " ") for one in roots)
    told = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    examples = [max(group, key=_answered) for group in groups[: _EXAMPLES + 1]]
    lines = (
        f"the first {len(groups)} problems: not one of {rollouts} rollouts is correct "
        f"(of the solutions: {told}), so every step would be labelled wrong",
        *(f"  e.g. {_pair(one)}" for one in examples),
        "  are the golds final answers, does the prompt suit this model, are the problems within "
        "its reach? `stepmint check` shows gold and prompt",
        f"  accept it with --set shards.accept_none_correct=true; {_KEPT}",
    )
    return "\n".join(lines)


def _examples(taken: Sequence[Seen]) -> list[Seen]:
    """Return the first ones, each of another problem."""
    firsts: dict[str, Seen] = {}
    for one in taken:
        firsts.setdefault(one.problem.id, one)
    return list(firsts.values())[:_EXAMPLES]


def _answered(one: Seen) -> bool:
    return one.rollout.verdict.extracted is not None


def _pair(one: Seen) -> str:
    answer = one.rollout.verdict.extracted
    told = f"answered {_excerpt(answer)}" if answer is not None else "no answer read"
    return f"{one.problem.id}: gold {_excerpt(one.problem.answer)}, {told}"


def _endings(taken: Sequence[Seen]) -> Iterator[str]:
    for one in _examples(taken):
        end = one_line(one.rollout.text[-_EXCERPT:], _EXCERPT)
        yield f"e.g. ... {end}" if end else "e.g. an empty text"


def _excerpt(text: str) -> str:
    return f"`{one_line(text, _EXCERPT)}`"


def _with(taken: Sequence[Seen], outcome: Outcome) -> list[Seen]:
    return [one for one in taken if one.outcome is outcome]

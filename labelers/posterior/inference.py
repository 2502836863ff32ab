r"""Exact inference of the first error from counts: forward-backward over a solution's prefixes.

With k_t correct and z_t failed rollouts of prefix t, t = 0 ... M-1, and the model of `model.py`,

    L_t(x) = u(x)^k_t (1 - u(x))^z_t           R_t(r) = u_t(r)^k_t (1 - u_t(r))^z_t

    good up to d    A_0(x) = P(x_0 = x) L_0(x),  A_(t+1)(x) = sum_y A_t(y) T(y, x) L_(t+1)(x)
    bad behind d    S_M(r) = 1,  S_t(r) = R_t(r) S_(t+1)(r)
    together        P(e, d | data) ~ P(e) C(e) P(d | e) G_d
                    G_d = sum_x A_d(x) sum_r P(r) O_(d+1)(r) S_(d+1)(r)

e is the first error, d >= e the step with which the value falls: e itself, or a later one where
the error does no harm. Rollouts tell of d; what is read off the steps themselves, C(e), tells of e.
O_(d+1)(r) is the solution's own final answer, one more rollout of prefix d + 1: 1 - u_(d+1)(r) for
a wrong one, u_(d+1)(r) for a right one. No fall (d = M) has a right answer for sure. P(none) before
any probe follows from the question's share of correct rollouts (`_none`). A solution with a right
answer has been repaired somewhere behind its fall; from there on its prefixes are good again, so
R_t is then the mean of itself and of what any value would make of the counts. All of it is given
the outcome: P(data) is over P(outcome). Of e, P(e | data)^trust is what is believed.

Zeros count for as much as the question's own rate makes them worth: z failures in a row at prefix
t multiply the odds of "bad at t" by about 1 / E[(1 - u_t)^z], which is large where the question is
often solved and near 1 where it seldom is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from labelers.posterior.cues import NOTHING_READ, Array, Readings
from labelers.posterior.model import (
    VALUES,
    Model,
    falls,
    places,
    recoveries_left,
    recovery_distribution,
    start_distribution,
    transitions,
)

_TINY = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen of one solution of M steps."""

    correct: tuple[int, ...]
    """correct[t]: correct rollouts of its first t steps; M entries."""
    failed: tuple[int, ...]
    """failed[t]: those that ended in another answer or none."""
    root_correct: int
    """Correct rollouts of the question, wherever they lead."""
    root_decided: int
    right: bool = False
    """Whether the solution's own final answer is right."""
    readings: Readings = NOTHING_READ
    """What was read off the steps without a rollout."""

    @property
    def num_steps(self) -> int:
        """M."""
        return len(self.correct)


@dataclass(frozen=True, kw_only=True, eq=False)
class Belief:
    """What follows from an observation."""

    posterior: Array
    """P(e | data) for e = 0 ... M; M is none. Sums to 1."""
    log_evidence: float
    """Natural logarithm of P(data | the solution's outcome)."""
    recovery_odds: float
    """P(data | the fall is recoverable) / P(data | it is not)."""
    predicted: Callable[[], Array]
    """Works out `success`."""

    @cached_property
    def success(self) -> Array:
        """success[e, t] = P(the next rollout of prefix t is correct | e, data).

        M + 1 rows, M columns. A search that has ended needs none, so it is worked out when asked.
        """
        return self.predicted()


@dataclass(frozen=True, slots=True)
class _Terms:
    """Likelihoods of counts; the first axis is solutions."""

    good: Array
    """L_t(x) over its greatest: solution, t, x."""
    log_scale: Array
    """The natural logarithm of that greatest: solution, t."""
    log_behind: Array
    """log O_(d+1)(r) S_(d+1)(r): solution, d, r."""
    bad_next: Array
    """P(the next rollout of a bad prefix t is correct | its counts, r): solution, t, r."""


class Sight:
    """What was seen of a solution, worked out as far as it goes without the share f.

    Whoever asks for beliefs under several shares pays for this once. `cued`: C(e), where known.
    """

    def __init__(self, model: Model, seen: Observation, *, cued: Array | None = None) -> None:
        self._model = model
        self._seen = seen
        self.cued = cued_by(model, seen) if cued is None else cued
        """C(e)."""
        self._terms = _terms(model, [seen])
        self._forward, self._log_alive = _forward(model, self._terms)

    def belief(self, *, recoverable: float | None = None) -> Belief:
        """Return the posterior and predictions; `recoverable` replaces the model's mean share f."""
        model, seen, log_alive = self._model, self._seen, self._log_alive[0]
        share = model.recoverable if recoverable is None else recoverable
        recoveries = _recoveries(model, share)
        rolled = log_alive[:, None] + self._terms.log_behind[0]
        shift = max(float(rolled.max()), float(log_alive[-1]))
        fallen = np.exp(rolled - shift) * recoveries
        never = np.exp(log_alive[-1] - shift)
        prior = _prior(model, seen, recoveries, self.cued)
        joint = prior * np.append(fallen.sum(axis=1), never)
        by_error = joint.sum(axis=1)
        total = max(float(by_error.sum()), _TINY)
        falling = prior.sum(axis=0)
        dead = falling[:-1] @ fallen[:, 0] / (1 - share)
        living = falling[:-1] @ fallen[:, 1:].sum(axis=1) / share
        spared = falling[-1] * never
        return Belief(
            posterior=_tempered(by_error / total, model.trust),
            log_evidence=float(np.log(total)) + shift,
            recovery_odds=float((living + spared + _TINY) / (dead + spared + _TINY)),
            predicted=lambda: self._predicted(joint, by_error, fallen),
        )

    def _predicted(self, joint: Array, by_error: Array, fallen: Array) -> Array:
        mass = np.maximum(fallen.sum(axis=1, keepdims=True), _TINY)
        by_fall = self._good.copy()
        bad = (fallen @ self._terms.bad_next[0].T) / mass
        behind = np.triu_indices(len(bad), 1)
        by_fall[behind] = bad[behind]
        return np.asarray((joint / np.maximum(by_error, _TINY)[:, None]) @ by_fall)

    @cached_property
    def _good(self) -> Array:
        """P(the next rollout of a good prefix is correct), rows d and columns t <= d."""
        good = np.zeros((self._seen.num_steps + 1, self._seen.num_steps))
        _predict_good(good, self._model, self._terms.good[0], self._forward[0])
        return good


def believe(model: Model, seen: Observation, *, recoverable: float | None = None) -> Belief:
    """Return the posterior and predictions; `recoverable` replaces the model's mean share f."""
    return Sight(model, seen).belief(recoverable=recoverable)


def cued_by(model: Model, seen: Observation) -> Array:
    """Return C(e) of what was read off a solution's steps."""
    return model.cues.likelihoods(seen.readings, seen.num_steps)


def information(belief: Belief) -> Array:
    """Return, per prefix t, the expected fall of the entropy of e by one more rollout, in nats.

    The mutual information of e and the rollout's outcome, H(e) - E[H(e | outcome)]: never
    negative.
    """
    chance = belief.posterior @ belief.success
    correct = belief.posterior[:, None] * belief.success
    failed = belief.posterior[:, None] - correct
    after = _surprise(correct).sum(axis=0) + _surprise(failed).sum(axis=0)
    after -= _surprise(chance) + _surprise(1 - chance)
    return np.asarray(np.maximum(_surprise(belief.posterior).sum() - after, 0.0))


def log_evidence(model: Model, seen: Sequence[Observation]) -> float:
    """Return the sum of what `believe` gives as `log_evidence`, for solutions of one length."""
    recoveries = _recoveries(model, model.recoverable)
    terms = _terms(model, seen)
    _, log_alive = _forward(model, terms)
    falling = np.stack(
        [_prior(model, one, recoveries, cued_by(model, one)).sum(axis=0) for one in seen]
    )
    rolled = log_alive[..., None] + terms.log_behind
    shift = np.maximum(rolled.max(axis=(1, 2)), log_alive[:, -1])
    fallen = np.exp(rolled - shift[:, None, None]) @ recoveries
    total = (falling[:, :-1] * fallen).sum(axis=1)
    total += falling[:, -1] * np.exp(log_alive[:, -1] - shift)
    return float((np.log(np.maximum(total, _TINY)) + shift).sum())


def _tempered(posterior: Array, trust: float) -> Array:
    """Return a posterior to the power of the trust in it."""
    if trust == 1.0:
        return posterior
    raised = posterior**trust
    return np.asarray(raised / raised.sum())


def _surprise(mass: Array) -> Array:
    """Return -p log p, elementwise; 0 at 0."""
    return np.asarray(-mass * np.log(np.maximum(mass, _TINY)))


def _recoveries(model: Model, share: float) -> Array:
    """Return P(r) where `share` of the errors is recoverable."""
    recoveries = share * recovery_distribution(model)
    recoveries[0] = 1 - share
    return recoveries


def _prior(model: Model, seen: Observation, recoveries: Array, cued: Array) -> Array:
    """Return P(e, d) C(e) / P(outcome), M + 1 rows e and columns d.

    A solution is labelled because of its outcome: without P(outcome), which grows as recoveries
    get rarer, a fit would find too few of them.
    """
    where = places(model, seen.num_steps, correct=seen.root_correct, decided=seen.root_decided)
    left = recoveries_left(model, seen.num_steps)[1:] @ recoveries
    value = (seen.root_correct + 1) / (seen.root_decided + 2)
    none = _none(value, float(where @ left), model.harmless)
    prior = np.append((1 - none) * where, none)
    prior = prior[:, None] * falls(model, prior)
    if not seen.right:
        prior[:, -1] = 0.0
    outcome = np.append(left if seen.right else 1 - left, 1.0)
    prior /= float(prior.sum(axis=0) @ outcome)
    return np.asarray(prior * cued[:, None])


def _none(value: float, repaired: float, harmless: float) -> float:
    """Return P(no error) of the question's solutions, `value` of which have a right answer.

    value = p + (1 - p) ((1 - harmless) repaired + harmless value): behind a harmless error a
    solution is as likely to come out right as any.
    """
    survived = (1 - harmless) * repaired + harmless * value
    return max((value - survived) / (1 - survived), 0.01)


def _terms(model: Model, seen: Sequence[Observation]) -> _Terms:
    """Return the terms of solutions of one length: the first axis of each array."""
    correct = np.array([one.correct for one in seen], dtype=float)[..., None]
    failed = np.array([one.failed for one in seen], dtype=float)[..., None]
    right = np.array([one.right for one in seen])[:, None, None]
    left = recoveries_left(model, seen[0].num_steps)
    log_good = _log_likelihood(VALUES, correct, failed)
    log_bad = _log_likelihood(left[:-1], correct, failed)
    scale = log_good.max(axis=2)
    good = np.exp(log_good - scale[..., None])
    # Behind a fall that was repaired, what any value would make of the counts is as likely.
    start = start_distribution(model)
    any_value = np.maximum(good @ start, _TINY)[..., None]
    log_any = np.log(any_value) + scale[..., None]
    both = np.logaddexp(log_bad, log_any)
    still_bad = np.exp(log_bad - both)
    mixed = (
        still_bad * left[:-1] + (1 - still_bad) * ((good * VALUES) @ start)[..., None] / any_value
    )
    log_bad = np.where(right, both - np.log(2), log_bad)
    tails = np.zeros_like(log_bad)
    tails[:, :-1] = np.cumsum(log_bad[:, :0:-1], axis=1)[:, ::-1]
    with np.errstate(divide="ignore"):
        outcome = np.log(np.where(right, left[1:], 1 - left[1:]))
    return _Terms(good, scale, outcome + tails, np.where(right, mixed, left[:-1]))


def _log_likelihood(values: Array, correct: Array, failed: Array) -> Array:
    """Return log of value^correct (1 - value)^failed, elementwise; 0^0 is 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        hits = np.where(correct > 0, correct * np.log(values), 0.0)
        misses = np.where(failed > 0, failed * np.log1p(-values), 0.0)
    return np.asarray(hits + misses)


def _forward(model: Model, terms: _Terms) -> tuple[Array, Array]:
    """Return A_t(x) over its sum, and the logarithm of that sum: solution, t (, x)."""
    good = terms.good
    move = transitions(model, good.shape[1])
    forward, sums = np.empty_like(good), np.empty(good.shape[:2])
    reached = np.broadcast_to(start_distribution(model), good[:, 0].shape)
    for t in range(good.shape[1]):
        here = reached * good[:, t]
        sums[:, t] = np.maximum(here.sum(axis=1), _TINY)
        forward[:, t] = here / sums[:, t, None]
        reached = forward[:, t] @ move
    return forward, np.cumsum(np.log(sums) + terms.log_scale, axis=1)


def _predict_good(success: Array, model: Model, good: Array, forward: Array) -> None:
    """Fill success[e, t] for t <= e: the mean of u_t, given the counts at 0 ... e."""
    num_steps = len(good)
    move = transitions(model, num_steps)
    behind = np.ones((len(VALUES), num_steps))
    for t in range(num_steps - 1, -1, -1):
        if t < num_steps - 1:
            behind[:, t + 1 :] = move @ (good[t + 1][:, None] * behind[:, t + 1 :])
            behind[:, t + 1 :] /= np.maximum(behind[:, t + 1 :].max(axis=0), _TINY)
        weights = behind[:, t:]
        total = np.maximum(forward[t] @ weights, _TINY)
        success[t:-1, t] = ((forward[t] * VALUES) @ weights) / total
    success[-1] = success[-2]

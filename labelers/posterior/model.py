r"""What the posterior labeler believes of a policy before it has seen a solution.

A solution has M steps; prefix t is its first t steps. Step e is the first error, e = M stands for
none. Step d >= e is where the solution *falls*: prefix t is *good* while t <= d and *bad* behind
that. d is e itself unless the error does no harm, which happens with probability `harmless`: the
solution then goes on as if it were right, and falls at a later step or not at all.

    where    P(e) is Beta-shaped in the place (e + 1/2) / M, with mean
             sigmoid(place + place_by_ease * logit of the question's share of correct rollouts):
             hard questions are failed early (2503.02382)
    good     x_t = logit u_t is a random walk, x_0 ~ N(start, start_spread^2),
             x_(t+1) ~ N(x_t + drift / M, jitter^2), drift >= 0
    d        P(d | e, harmless) ~ P(d) for d > e, the law of e itself
    bad      u_t = 1 - (1 - r)^(((M - t) / M)^fading): what is left of a recovery r, as every step
             still to come may be the one that repairs; fading 1 gives each the same chance, 0
             makes u_t = r throughout. r is 0 with probability 1 - f, else from a Beta
             distribution of mean `recovery` and weight a + b = `recovery_weight`

The drift is not negative: the value of a prefix is the mean of its continuations', so a step that
is known to be right raises it.

u_t is the value of prefix t, the probability that a rollout of it is correct. f is
a problem's own share of errors that can be recovered from, one for all of its solutions, drawn
from a Beta distribution of mean `recoverable` and weight `recoverable_weight`.
"""

from functools import lru_cache
from typing import ClassVar

import numpy as np
from pydantic import Field

from labelers.posterior.cues import Array, Cues
from schemas import Settings

LOGITS: Array = np.linspace(-5.0, 5.0, 24)
"""Grid of x_t."""
VALUES: Array = 1 / (1 + np.exp(-LOGITS))
RECOVERIES: Array = np.array([0, 0.005, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.95])
"""Grid of r."""
ANYWHERE = 0.02
"""Share of P(e) that is uniform, whatever the place's distribution: no step is ruled out."""
_CELLS = 4000
_CELLS_PER_STEP = 20


class Model(Settings):
    """Hyper-parameters of the posterior labeler; the defaults are those of a fit to nothing.

    The defaults are the modes of the weak priors in `fitting.py`. Fit a policy's own with
    `stepmint calibrate` before labels are to be trusted at their stated confidence.
    """

    later: ClassVar[frozenset[str]] = frozenset({"trust"})

    place: float = 0.0
    """Logit of the mean place of the first error, at even odds of the question."""
    place_by_ease: float = 0.0
    """Change of that logit per logit of the question's share of correct rollouts."""
    place_weight: float = Field(default=2.0, gt=0)
    """a + b of the place's Beta distribution; 2 at place 0 is uniform."""
    start: float = 0.0
    """Mean of logit u_0 over the questions with solutions to label."""
    start_spread: float = Field(default=2.0, gt=0)
    """Its standard deviation."""
    drift: float = Field(default=1.0, ge=0)
    """Rise of logit u_t over a whole solution without error."""
    jitter: float = Field(default=0.5, gt=0)
    """Standard deviation of the walk's step."""
    recoverable: float = Field(default=0.3, gt=0, lt=1)
    """Mean share of errors behind which a rollout is correct at times."""
    recoverable_weight: float = Field(default=10.0, gt=0)
    """How alike problems are in that share: a + b of its Beta distribution."""
    recovery: float = Field(default=0.2, gt=0, lt=1)
    """Mean of r, were the error the very first step."""
    recovery_weight: float = Field(default=5.0, gt=0)
    """a + b of its Beta distribution."""
    fading: float = Field(default=0.5, ge=0)
    """How fast recovery fades towards the solution's end."""
    harmless: float = Field(default=0.0, ge=0, lt=1)
    """Share of first errors that do no harm: rollouts cannot see them, cues may."""
    trust: float = Field(default=1.0, gt=0, le=2)
    """Exponent on the posterior: below 1 where what is seen of a solution repeats itself more than
    the model knows. Only known first errors tell it."""
    cues: Cues = Cues()
    """How what is read off a step is distributed, by where the step stands."""


def start_distribution(model: Model) -> Array:
    """Return P(x_0) on the grid."""
    return _start(model.start, model.start_spread)


def transitions(model: Model, num_steps: int) -> Array:
    """Return P(x_(t+1) | x_t): one row per x_t, rows sum to 1."""
    return _transitions(round(model.drift / num_steps, 6), model.jitter)


def recovery_distribution(model: Model) -> Array:
    """Return P(r | the error is recoverable) on the grid; its first entry, r = 0, is 0."""
    return _recoveries(model.recovery, model.recovery_weight)


def recoveries_left(model: Model, num_steps: int) -> Array:
    """Return u_t of bad prefixes: a row per t = 0 ... M, a column per r; the last row is 0."""
    return _recoveries_left(model.fading, num_steps)


def places(model: Model, num_steps: int, *, correct: int, decided: int) -> Array:
    """Return P(e = 0), ..., P(e = M - 1) given the question's rollouts."""
    share = (correct + 1) / (decided + 2)
    ease = round(float(np.log(share / (1 - share))), 2)
    return _places(model.place + model.place_by_ease * ease, model.place_weight, num_steps)


def falls(model: Model, errors: Array) -> Array:
    """Return P(d | e), a row per e and a column per d, from P(e) for e = 0 ... M.

    An error behind which no other can be is never harmless.
    """
    if not model.harmless:
        return np.eye(len(errors))
    later = np.triu(np.broadcast_to(errors, (len(errors), len(errors))), 1)
    beyond = later.sum(axis=1, keepdims=True)
    spread = model.harmless * later / np.where(beyond > 0, beyond, 1.0)
    return np.asarray(spread + np.diag(1 - spread.sum(axis=1)))


@lru_cache(512)
def _start(mean: float, spread: float) -> Array:
    weights = np.exp(-0.5 * ((LOGITS - mean) / spread) ** 2) + 1e-9
    return np.asarray(weights / weights.sum())


@lru_cache(4096)
def _transitions(drift: float, jitter: float) -> Array:
    steps = LOGITS[None, :] - LOGITS[:, None] - drift
    weights = np.exp(-0.5 * (steps / jitter) ** 2) + 1e-12
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@lru_cache(512)
def _recoveries(mean: float, weight: float) -> Array:
    """Share a Beta distribution out among the grid's points by nearest neighbour."""
    middles = (RECOVERIES[1:-1] + RECOVERIES[2:]) / 2
    edges = np.concatenate([[0.0], middles, [1.0]])
    below = np.concatenate([[0.0], np.cumsum(_beta(mean, weight, _CELLS))])
    return np.concatenate([[0.0], np.diff(np.interp(edges, np.linspace(0, 1, _CELLS + 1), below))])


@lru_cache(4096)
def _recoveries_left(fading: float, num_steps: int) -> Array:
    left = (1 - np.arange(num_steps) / num_steps) ** fading
    rows = 1 - (1 - RECOVERIES) ** left[:, None]
    return np.vstack([rows, np.zeros_like(RECOVERIES)])


@lru_cache(16384)
def _places(logit: float, weight: float, num_steps: int) -> Array:
    mean = float(1 / (1 + np.exp(-logit)))
    cells = _beta(mean, weight, num_steps * _CELLS_PER_STEP)
    shaped = cells.reshape(num_steps, _CELLS_PER_STEP).sum(axis=1)
    return np.asarray((1 - ANYWHERE) * shaped + ANYWHERE / num_steps)


def _beta(mean: float, weight: float, cells: int) -> Array:
    """Return a Beta distribution's mass in equal cells of [0, 1], by their midpoints."""
    a, b = mean * weight, (1 - mean) * weight
    middle = (np.arange(cells) + 0.5) / cells
    logs = (a - 1) * np.log(middle) + (b - 1) * np.log1p(-middle)
    mass = np.exp(logs - logs.max())
    return np.asarray(mass / mass.sum())

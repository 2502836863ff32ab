"""The labelers compared, each swept over its own knob from cheap to dear."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from labelers import (
    UCT,
    AnswerLikelihood,
    AnyLabeler,
    DoubleSearch,
    MathShepherd,
    OmegaPRM,
    OutcomeLabeler,
    PosteriorLabeler,
    Screen,
)
from labelers.posterior.reading import CueName
from labelers.uct.priors import Prior


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One labeler with one budget."""

    family: str
    """Labelers that differ in their budget alone share it: one line of the picture."""
    budget: str
    """The knob, e.g. `N=8`; empty where there is none."""
    settings: AnyLabeler
    anchored: bool = False
    """Whether its model is anchored in known first errors of other problems."""

    @property
    def name(self) -> str:
        """Family and budget."""
        return f"{self.family} {self.budget}".strip()

    def on(self, *, num_solutions: int, root_rollouts: int) -> AnyLabeler:
        """Return the settings for a world; they all get the same root rollouts."""
        known = type(self.settings).model_fields
        wanted: dict[str, Any] = {"num_solutions": num_solutions}
        if "screen" in known:
            wanted["screen"] = Screen(num_rollouts=root_rollouts)
        update = {name: value for name, value in wanted.items() if name in known}
        return self.settings.model_copy(update=update)


Make = Callable[[int], AnyLabeler]


def _shepherd(n: int) -> AnyLabeler:
    return MathShepherd(num_rollouts=n)


def _first_success(n: int) -> AnyLabeler:
    return MathShepherd(num_rollouts=n, stop="first_success")


def _skip(n: int) -> AnyLabeler:
    return MathShepherd(num_rollouts=n, stop="first_success", after_error="skip")


def _binary(n: int) -> AnyLabeler:
    return DoubleSearch(num_rollouts=n, num_searches=1)


def _double(n: int) -> AnyLabeler:
    return DoubleSearch(num_rollouts=n)


def _omega(n: int) -> AnyLabeler:
    return OmegaPRM(num_rollouts=n)


_SWEPT: Mapping[str, tuple[Make, tuple[int, ...]]] = {
    "math_shepherd": (_shepherd, (2, 4, 8, 16)),
    "first_success": (_first_success, (2, 4, 8, 16)),
    "first_success+skip": (_skip, (4, 8, 16, 32)),
    "binary_search": (_binary, (4, 8, 16, 32)),
    "double_search": (_double, (4, 8, 16, 32)),
    "omega_prm": (_omega, (8, 16)),
}
_SEARCHES = ("first_success+skip", "binary_search", "double_search")

STANDARD = ("outcome", "math_shepherd", "first_success", *_SEARCHES, "posterior")
"""The tree searches, OmegaPRM and UCT, are compared where a problem has many solutions: they grow
one tree for all of them. The cache lacks the prefixes that UCT comes by: `--sample`."""


_BOUNDS = (0.85, 0.9, 0.95, 0.97, 0.99)


_READ: Mapping[str, tuple[CueName, ...]] = {
    "posterior": (),
    "posterior+answers": ("net_information",),
    "posterior+echo": ("refuted", "echo"),
    "posterior+steps": ("refuted", "echo", "regret"),
    "posterior+steps+marks": ("refuted", "echo", "regret"),
}
"""Family to what it reads off the steps beside its rollouts; with `marks` its model is anchored in
known first errors of other problems, else it is fitted to their evidence alone."""


FRUGAL = (
    "outcome",
    *(f"math_shepherd N={n}" for n in (2, 4, 8)),
    *(f"first_success N={n}" for n in (2, 4, 8)),
    *(f"{family} N={n}" for family in _SEARCHES for n in (4, 8, 16)),
    "omega_prm N=8, 10 searches",
    "answer_likelihood",
    *_READ,
)
"""What a policy on a CPU can pay for."""


QUICK = (
    "outcome",
    "math_shepherd N=8",
    "double_search N=4",
    "posterior+steps stop=0.97",
)
"""What a glance at a cached world takes."""


def _posterior(family: str, bound: float) -> Contender:
    read = _READ[family]
    settings = PosteriorLabeler(
        stop_at=bound,
        keep_at=min(bound, 0.9),
        read=read,
        right_answers="read" if read else "trust",
    )
    marked = family.endswith("+marks")
    return Contender(family=family, budget=f"stop={bound:g}", settings=settings, anchored=marked)


_PRIORS: Mapping[str, Prior] = {"uct": "uniform", "uct+likelihood": "token_likelihood"}
"""Family to what it takes for the policy's preference; only a world of a policy can be scored."""


def _uct(family: str, simulations: int) -> Contender:
    settings = UCT(simulations=simulations, prior=_PRIORS[family], solutions="root")
    return Contender(family=family, budget=f"{simulations} leaves", settings=settings)


_THRESHOLDS = (-2.0, 0.0, 2.0)


def _likelihood(threshold: float) -> Contender:
    settings = AnswerLikelihood(threshold=threshold)
    return Contender(
        family="answer_likelihood", budget=f"threshold={threshold:g}", settings=settings
    )


def contenders() -> Sequence[Contender]:
    """Return all labelers with all budgets, the baseline that spends nothing first."""
    outcome = Contender(family="outcome", budget="", settings=OutcomeLabeler())
    swept = [
        Contender(family=family, budget=f"N={n}", settings=make(n))
        for family, (make, budgets) in _SWEPT.items()
        for n in budgets
    ]
    short = OmegaPRM(search_limit=10)
    grown = [_uct(family, leaves) for family in _PRIORS for leaves in (8, 16, 32, 100)]
    bounded = [_posterior(family, bound) for family in _READ for bound in _BOUNDS]
    return [
        outcome,
        *map(_likelihood, _THRESHOLDS),
        *swept,
        Contender(family="omega_prm", budget="N=8, 10 searches", settings=short),
        *grown,
        *bounded,
    ]


def chosen(names: Sequence[str]) -> Sequence[Contender]:
    """Return the contenders of these families, or with these full names.

    Raises ValueError for a name that fits nobody.
    """
    everyone = contenders()
    for name in names:
        if not any(name in (one.family, one.name) for one in everyone):
            families = ", ".join(dict.fromkeys(one.family for one in everyone))
            raise ValueError(
                f"--labelers {name!r}: give some of {families}, or e.g. {everyone[-1].name!r}"
            )
    return [one for one in everyone if one.family in names or one.name in names]


def own(text: str) -> Contender:
    """Return the contender with these settings, in JSON; raises ValidationError where they err."""
    settings: AnyLabeler = TypeAdapter(AnyLabeler).validate_json(text)
    knobs = settings.model_dump(exclude_unset=True, exclude={"kind"})
    budget = " ".join(f"{name}={value}" for name, value in knobs.items())
    return Contender(family=settings.kind, budget=budget, settings=settings)

"""How far the runs of this process have come, for a display; nothing depends on it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rollouts import Costs
from schemas import Labelling
from schemas.views import Concludes, count_labelled

LOADING = "loading problems"
LABELLING = "labelling"
_STOPPING = "stopping; Ctrl-C again ends it at once"


@dataclass(slots=True)
class Spending:
    """What the shards of this process cost, written by them, asked from the thread that draws."""

    _spent: Costs = field(default_factory=Costs)
    _spending: dict[int | str, Callable[[], Costs]] = field(default_factory=dict)

    @property
    def costs(self) -> Costs:
        """What this session cost so far, replayed completions included."""
        return sum((costs() for costs in tuple(self._spending.values())), self._spent)

    def shard_began(self, shard: int | str, costs: Callable[[], Costs]) -> None:
        """Follow what a shard spends."""
        self._spending[shard] = costs

    def shard_ended(self, shard: int | str) -> None:
        """Keep what a shard spent, whether it was committed or failed."""
        self._spent += self._spending.pop(shard)()


@dataclass(slots=True)
class WorkBoard(Spending):
    """How far work beside labelling has come in this process, for a display."""

    phase: str = "starting"
    done: int = 0
    """What is whole, of earlier sessions too."""
    since: float = field(default_factory=time.monotonic)
    """When the policy was asked first, on the monotonic clock."""
    reached: str = ""
    """The limit of the budget that was reached, and how far; empty while there is none."""

    def stopping(self) -> None:
        """Say that a signal came."""
        self.phase = _STOPPING


@dataclass(slots=True)
class Board(Spending):
    """Counters of one run, written by its shards and read by whoever shows them."""

    phase: str = "starting"
    loaded: int = 0
    """Problems read and checked so far, while they are loaded."""
    problems: int = 0
    """All problems of the run."""
    done: int = 0
    """Problems labelled or set aside, those of committed shards included."""
    done_before: int = 0
    """Of these, the ones that earlier sessions had done."""
    set_aside: int = 0
    solutions: int = 0
    labelled_steps: int = 0
    concludes: Concludes = "counts"
    """What the run's labeler says of a solution, by which its labelled steps are counted."""
    in_flight: Callable[[], int] = lambda: 0
    """Sequences being generated now."""
    since: float = field(default_factory=time.monotonic)
    """When labelling began, on the monotonic clock."""

    @property
    def percent(self) -> float:
        """How much of the run is done, from 0 to 100."""
        return 100 * self.done / self.problems if self.problems else 0.0

    def stopping(self) -> None:
        """Say that a signal came."""
        self.phase = _STOPPING

    def labelling_began(self, in_flight: Callable[[], int]) -> None:
        """Start the clock of rates, once: a policy is there to follow."""
        self.in_flight = in_flight
        if self.phase != LABELLING:
            self.phase, self.since = LABELLING, time.monotonic()

    def add(self, labelling: Labelling) -> None:
        """Count a finished problem."""
        self.done += 1
        self.set_aside += bool(labelling.set_aside)
        self.solutions += len(labelling.solutions)
        self.labelled_steps += self._labelled(labelling)

    def take_back(self, labelling: Labelling) -> None:
        """Uncount a problem whose shard failed after all."""
        self.done -= 1
        self.set_aside -= bool(labelling.set_aside)
        self.solutions -= len(labelling.solutions)
        self.labelled_steps -= self._labelled(labelling)

    def _labelled(self, labelling: Labelling) -> int:
        return sum(count_labelled(one, self.concludes) for one in labelling.solutions)

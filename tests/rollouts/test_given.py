"""Given solutions as labelers see them: judged, cut, and of no cost."""

import asyncio
from dataclasses import replace
from pathlib import Path

from rollouts import Costs, Journal
from schemas import ROOT, GivenSolution, Outcome, Rollout

from .worlds import PROBLEM, CharacterPolicy, shard

LINES = GivenSolution(id="a", steps=("5\n7\n#### 1",), cut=False)
CUT = GivenSolution(id="b", steps=("5\n7\n", "#### 2"), cut=True)
GIVEN = replace(PROBLEM, given=(LINES, CUT))


def test_given_solutions_are_judged_and_cost_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        policy = CharacterPolicy()
        with Journal(tmp_path / "j") as journal:
            rollouts = shard(journal, policy)
            right, wrong = await rollouts.of(GIVEN).given()
            assert right.verdict.outcome is Outcome.CORRECT
            assert wrong.verdict.outcome is Outcome.INCORRECT
            assert (right.text, wrong.text) == (LINES.text, CUT.text)
            assert (right.sample_index, wrong.sample_index) == (-1, -2)
            assert rollouts.of(GIVEN).taken == ()
            assert rollouts.costs == Costs()
            assert len(journal) == policy.written == 0

    asyncio.run(main())


def test_own_steps_are_kept_and_a_text_is_cut_by_the_splitter(tmp_path: Path) -> None:
    async def main() -> list[list[str]]:
        with Journal(tmp_path / "j") as journal:
            mine = shard(journal, CharacterPolicy()).of(GIVEN)
            return [[one.text for one in mine.prefixes(each)] for each in await mine.given()]

    split, kept = asyncio.run(main())
    assert split == ["5\n", "5\n7\n", "5\n7\n#### 1"]
    assert kept == ["5\n7\n", "5\n7\n#### 2"]


def test_their_prefixes_are_continued_as_text(tmp_path: Path) -> None:
    async def main() -> tuple[Rollout, ...]:
        with Journal(tmp_path / "j") as journal:
            mine = shard(journal, CharacterPolicy()).of(GIVEN)
            given = await mine.given()
            await mine.sample(ROOT, count=1)
            first = mine.prefixes(given[0])[0]
            return await mine.sample(first, count=2)

    for one in asyncio.run(main()):
        assert one.prefix.token_ids is None
        assert one.prefix.text == "5\n"

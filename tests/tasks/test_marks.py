"""People's marks, in a file that is only ever added to."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas import ConfigError, LabelledSolution, RunError
from schemas.run_folder import RunFolder
from tasks.known_errors import known_errors
from tasks.marks import add, agreed, standing
from tests.runs import sums_run


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(sums_run(tmp_path / "run", count=4, shards=1))


def first(run: RunFolder) -> LabelledSolution:
    return next(run.solutions()).solution


def marked(run: RunFolder) -> dict[tuple[str, int], int | None]:
    return {key: one.first_error for key, one in agreed(standing(run.marks)).items()}


def test_a_mark_says_who_marked_what_and_when(run: RunFolder) -> None:
    solution = first(run)
    made = add(run, solution, 1, who="mia", note="2 + 3 is 5")
    assert agreed(standing(run.marks)) == {(solution.problem_id, solution.solution_index): made}
    assert (made.first_error, made.who, made.note) == (1, "mia", "2 + 3 is 5")
    assert made.at.endswith("+00:00")


def test_a_later_mark_replaces_ones_own_and_undo_brings_the_earlier_one_back(
    run: RunFolder,
) -> None:
    solution = first(run)
    for error in (2, 1, None):
        add(run, solution, error, who="mia")
    assert list(marked(run).values()) == [2]
    add(run, solution, None, who="mia")
    add(run, solution, None, who="mia")  # nothing is left to take back
    assert marked(run) == {}
    assert len(run.marks.read_text().splitlines()) == 5, "lines are only ever added"


def test_two_persons_marks_stand_side_by_side_until_they_agree(run: RunFolder) -> None:
    solution = first(run)
    add(run, solution, 2, who="mia")
    add(run, solution, -1, who="tom")
    assert [one.first_error for one in next(iter(standing(run.marks).values()))] == [2, -1]
    assert marked(run) == {}, "nobody is taken at his word"
    add(run, solution, None, who="tom")
    assert list(marked(run).values()) == [2]


def test_a_torn_last_line_is_no_mark_and_the_next_mark_stands_on_a_line_of_its_own(
    run: RunFolder,
) -> None:
    solution = first(run)
    add(run, solution, 1, who="mia")
    whole = run.marks.read_bytes()
    run.marks.write_bytes(whole + whole[:40])
    assert list(marked(run).values()) == [1]
    add(run, solution, 2, who="mia")
    assert list(marked(run).values()) == [2]
    run.marks.write_bytes(run.marks.read_bytes().rstrip(b"\n"))  # an editor may leave it so
    add(run, solution, 0, who="mia")
    assert list(marked(run).values()) == [0]


def test_marks_that_are_made_at_once_are_all_there(run: RunFolder) -> None:
    solution = first(run)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add(run, solution, 0, who=f"person {n}"), range(24)))
    assert len(next(iter(standing(run.marks).values()))) == 24


def test_a_step_that_is_not_there_and_a_file_that_is_a_link_are_refused(run: RunFolder) -> None:
    solution = first(run)
    with pytest.raises(ConfigError, match=r"first_error=99: give a step from 0 to \d"):
        add(run, solution, 99, who="mia")
    run.marks.symlink_to(run.path.parent / "elsewhere")
    with pytest.raises(RunError, match="is a link"):
        add(run, solution, 1, who="mia")
    assert not (run.path.parent / "elsewhere").exists()


def test_a_mark_is_of_the_steps_that_were_seen_not_of_an_index(run: RunFolder) -> None:
    solution = first(run)
    add(run, solution, 1, who="mia")
    key = solution.problem_id, solution.solution_index
    assert known_errors(run, str(run.marks)).errors == {key: 1}
    line = json.loads(run.marks.read_text())
    run.marks.write_text(json.dumps(line | {"solution_index": 77}) + "\n")
    assert known_errors(run, str(run.marks)).errors == {key: 1}, "found by its steps"
    run.marks.write_text(json.dumps(line | {"steps_key": "0" * 16}) + "\n")
    with pytest.raises(RunError, match="none of the marks"):
        known_errors(run, str(run.marks))

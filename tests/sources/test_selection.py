import tempfile
import tracemalloc
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from schemas import RejectedRow, SourceError
from sources import FileSource
from tests.sources.samples import ROWS, answers, jsonl, problems

MANY = [{"question": f"What is {i}?", "answer": str(i)} for i in range(40)]


def test_start_and_limit_take_a_stretch_in_the_datasets_order(tmp_path: Path) -> None:
    path = str(jsonl(tmp_path / "x.jsonl", MANY))
    assert answers(FileSource(path=path, start=3, limit=2)) == ["3", "4"]
    assert answers(FileSource(path=path, start=38)) == ["38", "39"]
    assert answers(FileSource(path=path, limit=1000)) == [str(i) for i in range(40)]


def test_bad_rows_do_not_count_towards_the_stretch_but_are_reported(tmp_path: Path) -> None:
    path = str(jsonl(tmp_path / "x.jsonl", [{"question": "q", "answer": ""}, *ROWS]))
    items = list(FileSource(path=path, limit=2).load())
    assert [isinstance(item, RejectedRow) for item in items] == [True, False, False]


def test_no_row_behind_the_limit_is_read(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x.jsonl", MANY)
    with path.open("ab") as file:
        file.write(b"torn")
    assert all(
        not isinstance(item, RejectedRow) for item in FileSource(path=str(path), limit=40).load()
    )


def test_a_shuffle_depends_on_seed_and_content_but_not_on_the_order_of_rows(tmp_path: Path) -> None:
    here = str(jsonl(tmp_path / "a.jsonl", MANY))
    there = str(jsonl(tmp_path / "b.jsonl", MANY[::-1]))
    first = answers(FileSource(path=here, shuffle_seed=7))
    assert first == answers(FileSource(path=there, shuffle_seed=7))
    assert sorted(first) == sorted(row["answer"] for row in MANY)
    assert first != answers(FileSource(path=here, shuffle_seed=8))


def test_a_stretch_of_a_shuffle_is_that_stretch_of_the_whole_shuffle(tmp_path: Path) -> None:
    path = str(jsonl(tmp_path / "a.jsonl", MANY))
    whole = answers(FileSource(path=path, shuffle_seed=7))
    assert answers(FileSource(path=path, shuffle_seed=7, start=5, limit=10)) == whole[5:15]


@pytest.mark.parametrize("seed", [None, 7])
def test_a_start_behind_the_end_says_how_many_problems_there_are(
    tmp_path: Path, seed: int | None
) -> None:
    source = FileSource(path=str(jsonl(tmp_path / "x.jsonl")), start=5, shuffle_seed=seed)
    with pytest.raises(SourceError, match="start=5, but the source has only 5 problems"):
        answers(source)


def test_a_file_of_any_size_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    with path.open("w") as file:
        for i in range(2000):
            file.write(f'{{"question": "{i} {"x" * 20_000}", "answer": "{i}"}}\n')

    tracemalloc.start()
    count = sum(1 for _ in FileSource(path=str(path)).load())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2000
    assert peak < path.stat().st_size / 2


def test_a_shuffle_is_by_digest_of_seed_and_id_whatever_is_taken_of_it(tmp_path: Path) -> None:
    many = [{"question": f"What is {i}?", "answer": str(i)} for i in range(5000)]
    path = str(jsonl(tmp_path / "x.jsonl", many))
    loaded = problems(FileSource(path=path))
    expected = sorted(loaded, key=lambda one: sha256(f"7/{one.id}".encode()).digest()[:8])
    assert problems(FileSource(path=path, shuffle_seed=7)) == expected
    for start, limit in ((0, 1), (3, 7), (100, 300), (0, 5000), (4999, 9)):
        taken = FileSource(path=path, shuffle_seed=7, start=start, limit=limit)
        assert problems(taken) == expected[start : start + limit]


def test_a_shuffle_of_any_size_holds_no_problem_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    with path.open("w") as file:
        for i in range(1000):
            file.write(f'{{"question": "{i} {"x" * 20_000}", "answer": "{i}"}}\n')
    for limit in (None, 500):
        tracemalloc.start()
        source = FileSource(path=str(path), shuffle_seed=7, limit=limit)
        count = sum(1 for _ in source.load())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == (limit or 1000)
        assert peak < path.stat().st_size / 2


def test_a_shuffle_for_which_there_is_no_room_says_where_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    path = str(jsonl(tmp_path / "x.jsonl", MANY))
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda prefix: Full())
    with pytest.raises(SourceError, match=r"No space left on device.*TMPDIR"):
        answers(FileSource(path=path, shuffle_seed=7))

import hashlib
import logging
import os
import resource
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import made
from rollouts.costs import Costs, Ledger
from rollouts.journal import HEADER, Journal, JournalReader
from schemas import Completion, RunError, Tokens

from .worlds import completion


def key(n: int) -> str:
    return hashlib.sha256(str(n).encode()).hexdigest()[:32]


def fill(path: Path, count: int) -> None:
    with Journal(path) as journal:
        for n in range(count):
            journal.append(key(n), completion("", n))


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


COMPLETIONS = st.builds(
    Completion,
    text=st.text(st.characters()),
    tokens=st.none()
    | st.lists(st.tuples(st.integers(0, 2**31), st.integers(0, 9))).map(
        lambda pairs: Tokens(
            ids=tuple(token for token, _ in pairs),
            ends=tuple(sum(w for _, w in pairs[: n + 1]) for n in range(len(pairs))),
        )
    ),
    finish_reason=st.sampled_from(["stop", "length"]),
    seed=st.integers(0, 2**63 - 1),
    prompt_tokens=st.integers(0, 10**6),
    cached_tokens=st.integers(0, 10**6),
    completion_tokens=st.integers(0, 10**6),
    logprob=st.none() | st.floats(allow_nan=False),
)


@given(completions=st.lists(COMPLETIONS, max_size=4))
def test_whatever_was_written_is_replayed_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, completions: list[Completion]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    with Journal(path) as journal:
        for n, one in enumerate(completions):
            journal.append(key(n), one)
    with Journal(path) as journal:
        assert [journal.get(key(n)) for n in range(len(completions))] == completions
        assert journal.get(key(99)) is None


def test_a_completion_can_be_read_as_soon_as_it_is_appended(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.append(key(1), completion("", 1))
        assert journal.get(key(1)) == completion("", 1)
        assert len(journal) == 1


def test_a_journal_is_readable_by_its_user_alone(tmp_path: Path) -> None:
    fill(tmp_path / "journal", 1)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_the_first_record_of_a_key_counts(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.append(key(1), completion("", 1))
        journal.append(key(1), completion("", 2))
        assert journal.get(key(1)) == completion("", 1)
    assert len(lines(tmp_path / "j")) == 2


def test_a_torn_tail_of_any_length_is_cut_off_and_costs_one_record(tmp_path: Path) -> None:
    fill(tmp_path / "whole", 3)
    whole = (tmp_path / "whole").read_bytes()
    ends = [0]
    for line in lines(tmp_path / "whole"):
        ends.append(ends[-1] + len(line))
    for size in (*range(60), *range(60, len(whole), 5), len(whole)):
        path = tmp_path / "torn"
        path.write_bytes(whole[:size])
        with Journal(path) as journal:
            kept = max(0, sum(end <= size for end in ends[1:]) - 1)
            assert len(journal) == kept
            assert journal.corrupted == 0
            for n in range(3):
                journal.append(key(n), completion("", n))
        assert path.read_bytes() == whole


def test_a_flipped_bit_anywhere_loses_records_but_never_replays_a_wrong_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path / "whole", 4)
    whole = (tmp_path / "whole").read_bytes()
    for place in range(len(HEADER), len(whole), 7):
        path = tmp_path / "flipped"
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with caplog.at_level(logging.WARNING), Journal(path) as journal:
            found = [journal.get(key(n)) for n in range(4)]
            assert all(one in (None, completion("", n)) for n, one in enumerate(found))
            assert sum(one is not None for one in found) >= 2
            assert journal.corrupted + bool(journal.torn_bytes) >= 1
    assert "paid for again" in caplog.text


def test_a_tail_of_zeros_after_a_power_cut_is_cut_off(tmp_path: Path) -> None:
    fill(tmp_path / "j", 2)
    with open(tmp_path / "j", "ab") as file:
        file.write(bytes(5000))
    with Journal(tmp_path / "j") as journal:
        assert len(journal) == 2
        assert journal.torn_bytes == 5000


def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_text("id,text\n1,a\n")
    with pytest.raises(RunError, match=r"no stepmint journal of version 1.*move it away"):
        Journal(path).__enter__()
    assert path.read_text() == "id,text\n1,a\n"


def test_a_journal_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    (tmp_path / "j").mkdir()
    with pytest.raises(RunError, match=r"cannot be opened \(Is a directory\)"):
        Journal(tmp_path / "j").__enter__()
    (tmp_path / "j").rmdir()
    fill(tmp_path / "j", 1)  # the failed attempt left no lock behind


WRITER = """
import sys
from pathlib import Path
from rollouts.journal import Journal
from tests.rollouts.test_journal import completion, key
with Journal(Path(sys.argv[1])) as journal:
    for n in range(int(sys.argv[2])):
        journal.append(key(n), completion("", n))
        print(n, flush=True)
    sys.stdin.read()
"""
ROOT = Path(__file__).resolve().parents[2]


def writer(path: Path, count: int) -> "subprocess.Popen[bytes]":
    """Start a process that appends `count` completions, says so, and holds the journal."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(count)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_a_killed_writer_loses_nothing_it_had_appended_and_frees_the_journal(
    tmp_path: Path,
) -> None:
    process = writer(tmp_path / "j", 100_000)
    assert process.stdout is not None
    said = [int(process.stdout.readline()) for _ in range(300)][-1]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with Journal(tmp_path / "j") as journal:
        assert all(journal.get(key(n)) == completion("", n) for n in range(said + 1))
        assert journal.corrupted == 0


def test_a_second_process_is_told_who_holds_the_journal(tmp_path: Path) -> None:
    process = writer(tmp_path / "j", 1)
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(RunError, match=f"written by process {process.pid}.*kill {process.pid}"):
        Journal(tmp_path / "j").__enter__()
    process.communicate(b"")
    with Journal(tmp_path / "j") as journal:
        assert len(journal) == 1


def test_a_journal_is_opened_once_in_a_process(tmp_path: Path) -> None:
    with Journal(tmp_path / "j"), pytest.raises(RunError, match="already open"):
        Journal(tmp_path / "j").__enter__()
    with Journal(tmp_path / "j") as journal:
        assert len(journal) == 0


def test_a_full_disk_is_named_and_what_was_written_stays(tmp_path: Path) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with Journal(tmp_path / "j") as journal:
        journal.append(key(0), completion("", 0))
        size = (tmp_path / "j").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, old[1]))
        try:
            with pytest.raises(RunError, match=r"cannot grow .*free disk space.*1 records"):
                journal.append(key(1), completion("", 1))
            assert (tmp_path / "j").stat().st_size == size
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
        journal.append(key(1), completion("", 1))
    with Journal(tmp_path / "j") as journal:
        assert journal.get(key(1)) == completion("", 1)


def test_many_records_open_quickly_in_little_memory(tmp_path: Path) -> None:
    text = "x" * 300
    tokens = Tokens(ids=tuple(range(100)), ends=tuple(range(3, 303, 3)))
    one = made.completion(text, seed=1, tokens=tokens, completion_tokens=100)
    count = 5_000
    with Journal(tmp_path / "j") as journal:
        for n in range(count):
            journal.append(key(n), one)
    tracemalloc.start()
    begin = time.process_time()
    with Journal(tmp_path / "j") as journal:
        seconds = time.process_time() - begin
        memory = tracemalloc.get_traced_memory()[0]
        assert len(journal) == count
    tracemalloc.stop()
    assert memory / count < 400
    assert seconds / count < 200e-6


def test_a_journal_is_read_while_another_process_writes_it(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.append(key(1), completion("", 1))
        with JournalReader(tmp_path / "j") as reader:
            journal.append(key(2), completion("", 2))
            assert reader.get(key(1)) == completion("", 1)
            assert reader.get(key(2)) is None


def test_what_another_run_paid_for_is_replayed_as_such(tmp_path: Path) -> None:
    one, two = completion("", 1), completion("", 2)
    with Journal(tmp_path / "j") as journal:
        journal.append(key(1), one)
        journal.append(key(2), two, run="output/other")
    with Journal(tmp_path / "j") as journal:
        assert journal.find(key(1)) == (one, "")
        assert journal.find(key(2)) == (two, "output/other")
        assert journal.find(key(3)) is None
    with JournalReader(tmp_path / "j") as reader:
        assert reader.get(key(2)) == two
        ledger = Ledger()
        ledger.completed(one, origin="journal", as_text=False)
        ledger.completed(two, origin="run", as_text=False)
        assert reader.costs() == ledger.costs


def test_a_journal_that_was_committed_meanwhile_holds_nothing(tmp_path: Path) -> None:
    with JournalReader(tmp_path / "none") as reader:
        assert reader.get(key(1)) is None
        assert reader.costs() == Costs()


def test_a_reader_skips_what_is_broken_and_refuses_what_is_no_journal(tmp_path: Path) -> None:
    fill(tmp_path / "j", 3)
    content = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(content.replace(b"0", b"7", 1)[:-5])
    with JournalReader(tmp_path / "j") as reader:
        assert sum(reader.get(key(n)) is not None for n in range(3)) <= 2
    (tmp_path / "j").write_bytes(b"a thesis")
    with pytest.raises(RunError, match="take its run off `reuse`"), JournalReader(tmp_path / "j"):
        pass


def test_a_journal_whose_header_was_torn_by_a_kill_reads_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    path.write_bytes(HEADER[:7])
    with JournalReader(path) as journal:
        assert journal.costs() == Costs()

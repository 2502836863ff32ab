"""The token of an address: it lasts, and is the user's alone."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pages.tokens import key_file, token_for


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def test_an_address_is_the_same_when_the_same_folders_are_shown_again(tmp_path: Path) -> None:
    here, other = tmp_path / "a", tmp_path / "b"
    token = token_for([here, other])
    assert len(token) == 22
    assert token_for([other, here / ".." / "a"]) == token
    assert token_for([here]) != token


def test_the_secret_is_the_users_alone_and_a_read_one_is_replaced(tmp_path: Path) -> None:
    token = token_for([tmp_path])
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file().parent.stat().st_mode) == 0o700
    key_file().chmod(0o644)
    assert token_for([tmp_path]) != token
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600


def test_first_starts_at_once_make_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as starts:
        assert len(set(starts.map(token_for, [[tmp_path]] * 32))) == 1


def test_a_secret_that_another_put_there_is_not_taken(tmp_path: Path) -> None:
    token = token_for([tmp_path])
    moved = key_file().rename(tmp_path / "elsewhere")
    key_file().symlink_to(moved)
    assert token_for([tmp_path]) != token
    assert not key_file().is_symlink()
    key_file().write_bytes(b"short")
    assert len(token_for([tmp_path])) == 22
    assert key_file().stat().st_size == 32


def test_without_a_place_for_the_secret_tokens_are_new_each_time(
    tmp_path: Path, state: Path
) -> None:
    state.write_bytes(b"")
    assert token_for([tmp_path]) != token_for([tmp_path])


def test_a_place_that_is_not_absolute_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    assert key_file() == Path(os.path.expanduser("~/.local/state/stepmint/view.key"))

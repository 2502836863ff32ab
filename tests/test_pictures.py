"""The pictures of README and docs/: small, from this repository alone, and readable."""

import re
from itertools import combinations
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs the dev extra")

from matplotlib import pyplot as plt
from matplotlib.text import Text

from benchmarks.label_truth import picture as frontier
from pictures import way
from pictures.svg import DARK, LIGHT

FOLDER = Path(__file__).parent.parent / "docs/pictures"
DRAWN = sorted(FOLDER.glob("*.svg"))


@pytest.mark.parametrize("name", ["label-truth-neural", "label-truth-scripted"])
def test_no_label_of_the_frontier_covers_another(name: str) -> None:
    figure = frontier.panels_of(frontier.read([FOLDER / f"{name}.json"]), frontier.LIGHT)
    for axes in figure.axes:
        labels = [one for one in axes.texts if one.get_text().endswith(" kept")]
        assert labels
        boxes = [Text.get_window_extent(one) for one in labels]
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    plt.close(figure)


@pytest.mark.parametrize("path", [*DRAWN, *FOLDER.glob("*.png")], ids=lambda path: path.name)
def test_a_picture_is_small(path: Path) -> None:
    assert path.stat().st_size < 200_000


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.name)
def test_a_picture_fetches_nothing(path: Path) -> None:
    text = re.sub(r'(xmlns(:\w+)?|rdf:resource)="[^"]*"|<!DOCTYPE[^>]*>', "", path.read_text())
    assert re.findall(r"(?i)(?:href|src)=\"(?!#)|url\((?!#)|@import|<script", text) == []


def test_each_picture_is_there_for_light_pages_and_dark_ones() -> None:
    names = {path.stem for path in DRAWN}
    assert names == {name.removesuffix("-dark") for name in names} | {
        f"{name.removesuffix('-dark')}-dark" for name in names
    }


def test_the_way_of_the_data_is_as_it_is_drawn() -> None:
    assert (FOLDER / "way.svg").read_text() == way.draw(LIGHT)
    assert (FOLDER / "way-dark.svg").read_text() == way.draw(DARK)

"""The pages of docs/ and the README: as a site, and as GitHub shows them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


class Loader(yaml.SafeLoader):
    """Reads mkdocs.yml without the Python that it names."""


Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
SITE = yaml.load((ROOT / "mkdocs.yml").read_text(), Loader)


def leaves(nav: Any) -> list[str]:
    """Return the pages of a navigation, in order."""
    if isinstance(nav, str):
        return [nav]
    return [
        page
        for part in nav
        for page in leaves(*part.values() if isinstance(part, dict) else [part])
    ]


def test_every_page_has_one_place_in_the_navigation() -> None:
    pages = leaves(SITE["nav"])
    assert len(pages) == len(set(pages))
    assert {page.name for page in PAGES} - {"README.md"} == {
        page for page in pages if "/" not in page
    } - {"index.md"}


def test_the_readme_names_every_page() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [page.name for page in PAGES[1:] if f"](docs/{page.name})" not in readme] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    without_code = re.sub(r"`[^`\n]*`", "", re.sub(r"(?s)```.*?```", "", page.read_text()))
    targets = re.findall(r'(?:\]\(|(?:src|srcset|href)=")([^)"\s#]+)', without_code)
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_the_site_fetches_no_fonts() -> None:
    assert SITE["theme"]["font"] is False

"""The page in a real browser: it searches, filters, unfolds, and shows what the tables hold."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page, expect

from schemas.run_folder import RunFolder
from tasks.marks import agreed, standing
from tests.pages.conftest import HALVES, served
from tests.runs import run_with_errors, sums_run
from tests.tasks.recipes import cooked, rstar, sums

AXE = Path(__file__).parent / "vendor" / "axe" / "axe.min.js"


def table(run: Path, name: str) -> pa.Table:
    return pa.concat_tables([pq.read_table(one) for one in sorted((run / name).iterdir())])


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def figure(page: Page, name: str, label: str) -> int:
    """The number beside a label of a figure."""
    row = page.locator(f"#{name} li", has_text=label)
    return int(row.locator(".count").inner_text().replace(",", ""))


def has_marked(page: Page, count: int) -> None:
    """Wait for the page that comes after a mark, until it answers keys."""
    expect(page.locator(".eyebrow")).to_contain_text(f"{count} marked")
    page.wait_for_load_state()


def serious(page: Page) -> list[tuple[str, str, str]]:
    """What axe finds that keeps somebody from using the page: rule, element, what to do."""
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (one["id"], node["html"][:160], node["failureSummary"][:200])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


def test_the_run_page_shows_the_numbers_of_the_tables(page: Page, base: str, run: Path) -> None:
    page.goto(base)
    solutions, rollouts = table(run, "solutions"), table(run, "rollouts")
    errors = solutions["first_error"]
    assert figure(page, "conclusions", "a first error") == pc.sum(pc.greater(errors, -1)).as_py()
    assert figure(page, "conclusions", "no error") == pc.sum(pc.equal(errors, -1)).as_py()
    wrong = pc.sum(pc.equal(rollouts["outcome"], "incorrect")).as_py()
    assert figure(page, "verdicts", "incorrect") == wrong
    expect(page.locator("#figures .lead")).to_contain_text(f"{solutions.num_rows} solutions")
    expect(page.locator("#doubts")).to_contain_text("3 of 3 shards")


def test_a_figure_leads_to_the_rows_behind_it(page: Page, base: str, run: Path) -> None:
    page.goto(base)
    column = page.locator("#first-errors li").nth(1)
    count = int(column.locator(".count").inner_text())
    column.locator("a").click()
    assert asked(page) == {"first_error": ["2"]}
    expect(page.locator(".matching")).to_contain_text(f"{count} solution")
    errors = table(run, "solutions")["first_error"]
    assert pc.sum(pc.equal(errors, 1)).as_py() == count == page.locator("tbody tr").count()


def test_a_text_is_searched_from_the_keyboard_and_stands_in_the_address(
    page: Page, base: str
) -> None:
    page.goto(base)
    page.keyboard.press("/")
    page.keyboard.type("ESREVER")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("solutions"))
    assert asked(page) == {"q": ["ESREVER"]}
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("problem"))
    assert asked(page) == {"id": [HALVES.id]}


def test_filters_keep_what_they_say_page_by_page(page: Page, base: str, run: Path) -> None:
    page.goto(f"{base}solutions")
    page.get_by_label("Found").select_option("none")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url(re.compile("found=none"))
    kept = pc.sum(pc.equal(table(run, "solutions")["first_error"], -1)).as_py()
    assert kept > 40
    expect(page.locator("tbody tr")).to_have_count(40)
    page.keyboard.press("n")
    page.wait_for_url(re.compile("start=40"))
    expect(page.locator("tbody tr")).to_have_count(kept - 40)
    expect(page.get_by_label("Found")).to_have_value("none")


def test_a_run_is_watched_while_it_grows_to_its_end(page: Page, tmp_path: Path) -> None:
    folder = RunFolder(sums_run(tmp_path / "sums", count=20))
    marker, last = folder.marker("shard-00001"), "shard-00001"
    problems = pq.read_table(folder.file("problems", last))
    folder.staging.mkdir()
    pq.write_table(problems, folder.staging / f"{last}.parquet")
    (folder.staging / "staged.json").write_text(json.dumps({"problems": 22}))
    hidden = marker.rename(marker.with_suffix(".hidden"))
    stands(folder, "running")
    waiting = problems["problem_id"][0].as_py()

    with served(folder.path) as address:
        page.clock.install()
        page.goto(f"{address}sums/")
        progress, lead = page.locator("#progress"), page.locator("#figures .lead")
        expect(progress).to_contain_text("11 problems in 1 shard, 11 left")
        expect(lead).to_contain_text("20 solutions")
        answer = page.context.request.get(f"{address}sums/problem?id={waiting}")
        assert "is not labelled yet" in answer.text()
        hidden.rename(marker)
        page.clock.fast_forward(3_100)
        expect(progress).to_contain_text("22 problems in 2 shards")
        expect(lead).to_contain_text("40 solutions")
        assert page.context.request.get(f"{address}sums/problem?id={waiting}").ok
        stands(folder, "finished")
        page.clock.fast_forward(3_100)
        expect(progress).to_contain_text("finished")
        assert progress.get_attribute("hx-trigger") is None
        page.goto("about:blank")  # what still loads would miss the server


def stands(folder: RunFolder, status: str) -> None:
    """Have a run's record say how it stands."""
    record = json.loads(folder.run_json.read_text("utf-8")) | {"status": status}
    folder.run_json.write_text(json.dumps(record))


def test_a_step_unfolds_to_its_rollouts_and_folds_again(page: Page, base: str) -> None:
    page.goto(f"{base}problem?id={HALVES.id}")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    rollouts = page.locator("#s0-1-rollouts .rollout")
    expect(rollouts).to_have_count(4)  # two sampled here, and two solutions that pass through
    expect(rollouts.first).to_contain_text("correct")
    expect(rollouts.first).to_contain_text("rational, equal")
    page.keyboard.press("Enter")
    expect(rollouts).to_have_count(0)


def test_model_text_is_text_however_it_tries(page: Page, base: str) -> None:
    page.goto(f"{base}problem?id={HALVES.id}")
    step = page.locator("#s1-2 .text")
    for shown in (
        "<script>window.pwned = 1</script>",
        "onerror=",
        "\\x1b[31mred",
        "\\u202eesrever",
    ):
        expect(step).to_contain_text(shown)
    expect(step).to_contain_text("{{ 7 * 7 }}")
    expect(step).to_contain_text("more characters")
    assert len(step.inner_text()) < 10_000
    page.locator("#s1-2 button").click()
    expect(page.locator("#s1-2-rollouts .rollout")).to_have_count(2)
    page.get_by_role("button", name="Rollouts of the question").click()
    expect(page.locator("#root-rollouts .rollout")).to_have_count(2)
    assert page.evaluate("window.pwned") is None


def test_mathematics_is_set_and_its_text_is_one_key_away(page: Page, base: str) -> None:
    page.goto(f"{base}problem?id={HALVES.id}")
    title = page.locator("h1")
    expect(title.locator(".katex")).to_have_count(1)  # what is paid is no mathematics
    expect(title.locator(".raw")).to_be_hidden()
    expect(page.locator("#s0-2 .katex")).to_be_visible()
    page.keyboard.press("r")
    expect(title.locator(".raw")).to_be_visible()
    assert title.inner_text() == HALVES.question


@pytest.mark.parametrize(
    "tex",
    ["1\\mbox{ foot}", "\\cancelto{2}{8}", "\\begin{eqnarray*}a & = & b\\end{eqnarray*}"],
)
def test_what_katex_does_not_know_is_set_all_the_same(page: Page, base: str, tex: str) -> None:
    page.goto(f"{base}problem?id={HALVES.id}")
    page.evaluate(
        """tex => {
            const one = document.createElement("p");
            one.innerHTML = '<span class="tex display"><span class="raw"></span></span>';
            one.firstChild.dataset.tex = tex;
            document.querySelector("h1").replaceChildren(one);
            setMaths(document);
        }""",
        tex,
    )
    expect(page.locator("h1 .katex-display")).to_be_visible()


def test_the_tree_unfolds_with_visits_and_values(page: Page, base: str) -> None:
    page.goto(f"{base}problem?id={HALVES.id}")
    page.keyboard.press("g")
    tree = page.locator(".outline")
    expect(tree).to_contain_text("4 visits")
    expect(tree).to_contain_text("0.50")
    tiles = page.locator(".icicle rect")
    assert tiles.count() == 4  # the question, a step, and two behind it
    tiles.last.click()
    expect(tree.locator(".node.here")).to_contain_text("ends here")
    tree.get_by_role("button", name="its rollouts").last.click()
    expect(tree.locator(".rollout")).to_have_count(2)


def test_dark_and_light_are_chosen_and_kept(page: Page, base: str) -> None:
    page.goto(base)
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(paper)
    page.keyboard.press("t")
    dark = page.evaluate(paper)
    assert dark != light
    page.goto(f"{base}problems")
    assert page.evaluate(paper) == dark


@pytest.mark.parametrize("width", [360, 500, 1000, 1700])
def test_no_page_is_wider_than_the_screen(page: Page, base: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("", "solutions", "rollouts", f"problem?id={HALVES.id}"):
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(page: Page, base: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in ("", "problems", "solutions", "rollouts", f"problem?id={HALVES.id}"):
        page.goto(base + path)
        if "problem?" in path:
            page.keyboard.press("g")
            page.locator("#s0-1 button").click()
            expect(page.locator("#s0-1-rollouts .rollout")).to_have_count(4)
        assert serious(page) == [], path


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[str]:
    """Two runs over the same problems, whose labels differ in two; the first one's address."""
    first = run_with_errors(tmp_path / "a", [0, 1, -1, 2])
    second = run_with_errors(tmp_path / "b", [0, 2, 1, 2])
    with served(first.path, second.path) as address:
        yield f"{address}a/"


def test_marks_are_made_and_taken_back_from_the_keyboard(
    page: Page, pair: str, tmp_path: Path
) -> None:
    def marked() -> list[int | None]:
        return [
            one.first_error for one in agreed(standing(RunFolder(tmp_path / "a").marks)).values()
        ]

    page.goto(f"{pair}mark")
    first = page.locator("h1").inner_text()
    page.keyboard.press("2")
    has_marked(page, 1)
    expect(page.locator("h1")).not_to_have_text(first)
    assert marked() == [1]
    page.keyboard.press("0")
    has_marked(page, 2)
    assert sorted(map(str, marked())) == ["-1", "1"]
    page.keyboard.press("u")
    has_marked(page, 1)
    assert marked() == [1]


@pytest.fixture
def tolerant(browser: Browser) -> Iterator[Page]:
    """A fresh page that may complain: the browser does of requests that fail."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_mark_that_is_not_saved_says_so_and_keeps_the_note(
    tolerant: Page, pair: str, tmp_path: Path
) -> None:
    marks, failed = RunFolder(tmp_path / "a").marks, tolerant.locator("#failed")
    tolerant.goto(f"{pair}mark")
    asked = tolerant.locator("h1").inner_text()
    note = tolerant.get_by_label("Note")
    note.fill("3 + 4 is 7")
    note.press("Enter")
    marks.mkdir()
    tolerant.keyboard.press("2")
    expect(failed).to_contain_text(f"Not saved: {marks}")
    expect(note).to_have_value("3 + 4 is 7")
    expect(tolerant.locator("h1")).to_have_text(asked)
    tolerant.context.set_offline(True)
    tolerant.keyboard.press("c")
    expect(failed).to_contain_text("Not loaded: the server does not answer")
    tolerant.keyboard.press("2")
    expect(failed).to_contain_text("Not saved: the server does not answer")
    tolerant.context.set_offline(False)
    marks.rmdir()
    tolerant.keyboard.press("2")
    has_marked(tolerant, 1)
    (mark,) = agreed(standing(marks)).values()
    assert (mark.first_error, mark.note) == (1, "3 + 4 is 7")


def test_a_held_or_doubled_key_marks_one_solution(page: Page, pair: str, tmp_path: Path) -> None:
    page.goto(f"{pair}mark")
    page.keyboard.down("1")
    page.keyboard.down("1")
    has_marked(page, 1)
    page.keyboard.down("1")
    page.keyboard.up("1")
    assert len(RunFolder(tmp_path / "a").marks.read_text().splitlines()) == 1
    page.evaluate("document.querySelectorAll('.choose').forEach((one) => one.click())")
    has_marked(page, 2)
    assert len(RunFolder(tmp_path / "a").marks.read_text().splitlines()) == 2


def test_a_held_key_scrolls_on(page: Page, base: str) -> None:
    page.set_viewport_size({"width": 800, "height": 200})
    page.goto(f"{base}problems")
    page.evaluate(
        """document.addEventListener("keydown", (one) => { window.held = one.defaultPrevented; })"""
    )
    for _ in range(3):
        page.keyboard.down("PageDown")
        assert page.evaluate("window.held") is False


def test_two_runs_are_compared_and_what_differs_can_be_marked(page: Page, pair: str) -> None:
    page.goto(f"{pair}compare")
    expect(page.locator(".matching")).to_contain_text("4 problems in both")
    rows = page.locator("section.solution tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("no error")  # against an error: these come first
    expect(rows.first).to_contain_text("step 2")
    expect(rows.last).to_contain_text("step 3")
    rows.first.get_by_role("link", name="mark").click()
    page.wait_for_url(re.compile("mark"))
    expect(page.locator("#ask")).to_have_text("Which step is wrong first?")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_mark_and_compare(page: Page, pair: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in ("mark", "compare"):
        page.goto(pair + path)
        assert serious(page) == [], path


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What rStar made of some sums; the address of its first problem."""
    folder = tmp_path_factory.mktemp("rstar")
    with ThreadPoolExecutor(1) as apart:  # Playwright's event loop runs in this thread
        apart.submit(cooked, rstar(folder, sums(folder, 4))).result()
    first = pq.read_table(folder / "output/made/winners.parquet")["problem_id"][0].as_py()
    with served(folder / "output" / "made") as address:
        yield f"{address.replace('/runs/', '/made/')}made/problem?id={first}"


def test_a_node_of_a_tree_is_reached_from_the_picture_and_from_its_address(
    page: Page, grown: str
) -> None:
    page.goto(grown)
    tile = page.locator(".icicle rect").last
    name = tile.get_attribute("data-go")
    tile.click()
    node = page.locator(f"#{name}")
    expect(node).to_be_visible()
    assert urlsplit(page.url).fragment == name
    page.keyboard.press("Enter")  # its text and votes
    expect(page.locator(f"#{name}-behind .written")).to_contain_text("A")
    page.goto("about:blank")
    page.goto(f"{grown}#{name}")
    expect(node).to_be_visible()
    expect(page.locator(".node.here")).to_have_count(1)


def test_trajectories_lead_to_their_nodes_and_gold_colours_the_tree(page: Page, grown: str) -> None:
    page.goto(grown)
    way = page.locator("tr[data-row]", has_text="chosen").first.locator("a").last
    node = way.get_attribute("data-go")
    way.click()
    expect(page.locator(f".node.here#{node}")).to_be_visible()
    page.get_by_role("link", name="by gold").click()
    page.wait_for_url(re.compile("by=gold"))
    expect(page.locator(".tree")).to_contain_text("Q by gold")


@pytest.mark.parametrize("width", [360, 1700])
def test_no_page_of_a_recipe_is_wider_than_the_screen(page: Page, grown: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    overview = grown.partition("problem?")[0]
    for path in (overview, f"{overview}problems", grown):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_look_at_a_recipe(page: Page, grown: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    overview = grown.partition("problem?")[0]
    for path in (overview, f"{overview}problems", grown):
        page.goto(path)
        if path == grown:
            page.locator(".icicle rect").last.click()
            page.locator(".outline .counts").first.click()
            expect(page.locator(".outline .written").first).to_be_visible()
        assert serious(page) == [], path

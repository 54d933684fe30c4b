"""The page of a report in Chromium: it plays, filters, scrubs, and is used with the keyboard alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report.reports import HOSTILE, LONG, OVERRIDE, data_of, rewritten

from vwd.report.serve import report_server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra test-browser)")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
pytestmark = pytest.mark.skipif(not Path(CHROMIUM).is_file(), reason="there is no chromium on this machine")

WAIT_MS = 60_000  # on a loaded machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=WAIT_MS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(report: Path) -> Iterator[str]:
    with report_server(report) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """An empty tab; a test fails where its console or an error of its script says anything."""
    said: list[str] = []
    tab = browser.new_page(viewport={"width": 1200, "height": 860})
    tab.set_default_timeout(WAIT_MS)
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    yield tab
    tab.close()
    assert said == []


def frame(page: Any) -> int:
    """Where the scrubber is."""
    return int(page.get_attribute("dialog .timeline", "aria-valuenow"))


def shown_keys(page: Any) -> list[str]:
    return [str(text) for text in page.locator("#gallery .key").all_text_contents()]


def wait_for(page: Any, expression: str) -> None:
    """Until it is true in the page; playwright's own waiting needs `eval`, which the page's policy forbids."""
    deadline = time.monotonic() + WAIT_MS / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(20)


def open_sample(page: Any, address: str, key: str) -> None:
    page.goto(f"{address}#{key}")
    page.wait_for_selector("dialog[open] .passage")
    wait_for(page, "open.video.readyState >= 2")


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_a_video_plays(page: Any, report: Path, address: str, scheme: str) -> None:
    open_sample(page, (report / "index.html").as_uri() if scheme == "file" else address, "gsm8k_000002")
    page.keyboard.press(" ")
    wait_for(page, "open.video.currentTime > 0.3 && open.frame > 2")
    assert page.evaluate("open.video.error") is None
    page.keyboard.press(" ")
    assert page.evaluate("open.video.paused")


def test_the_page_holds_nothing_that_the_network_would_give(report: Path) -> None:
    text = re.sub(r'id="data">.*?</script>', "", (report / "index.html").read_text("utf-8"), flags=re.DOTALL)
    assert set(re.findall(r"https?://[^\"'\s]+", text)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not re.findall(r"<(?:link|script)[^>]*\s(?:href|src)=\"(?!data:,)", text)


def test_search_filters_and_says_how_many_are_left(page: Any, address: str, report: Path) -> None:
    page.goto(address)
    assert len(shown_keys(page)) == len(data_of(report)["samples"])
    page.fill("#search", "CRATE 11 crates")
    fitting = [one["key"] for one in data_of(report)["samples"] if all(
        word in f"{one['key']} {one['prompt']} {one['answer']}".lower() for word in ("crate", "11", "crates")
    )]  # fmt: skip
    assert 0 < len(fitting) < 12
    assert shown_keys(page) == fitting
    assert page.inner_text("#count") == f"{len(fitting)} of 12 samples"
    page.fill("#search", "no such words")
    page.click("#reset")
    assert len(shown_keys(page)) == 12


def test_a_bar_filters_to_the_samples_that_it_counts(page: Any, address: str) -> None:
    page.goto(address)
    chart = page.locator(".chart", has=page.get_by_role("heading", name="Pages"))
    bar = chart.locator(".bin").nth(1)
    pages, count = map(int, re.findall(r"(\d+) pages: (\d+) sample", bar.get_attribute("aria-label"))[0])
    assert 0 < count < 12
    bar.click()
    assert len(shown_keys(page)) == count
    assert set(page.evaluate("fitting.map((sample) => sample.pages.length)")) == {pages}
    page.get_by_role("button", name=f"Remove the filter Pages: {pages} pages").click()
    assert len(shown_keys(page)) == 12


def test_bars_count_the_whole_output_where_the_page_shows_a_few_of_its_samples(
    page: Any, address: str, report: Path
) -> None:
    data = data_of(report)
    pages = data["shape"][0]["columns"]["pages"]
    data["samples"] = data["samples"][:3]
    page.goto(address + rewritten(report, "few.html", data))
    assert "Of all 12 samples in the shards." in page.inner_text("#shape-lede")
    assert page.inner_text("#count") == "3 samples on this page; 12 samples in the output"
    bar = page.locator(".chart", has=page.get_by_role("heading", name="Pages")).locator(".bin").first
    least, count = min(pages), pages.count(min(pages))
    assert re.match(rf"{least} pages?: {count} samples?$", bar.get_attribute("aria-label"))
    bar.click()
    here = sum(len(one["pages"]) == least for one in data["samples"])
    assert page.inner_text("#count") == f"{here} of 3 samples on this page; {count} samples of 12 in the output"
    words = page.locator(".chart", has=page.get_by_role("heading", name="Words")).locator(".bin")
    counts = [int(re.findall(r": (\d+) sample", text)[0]) for text in words.evaluate_all(
        "(bars) => bars.map((bar) => bar.getAttribute('aria-label'))"
    )]  # fmt: skip
    assert sum(counts) == count


def test_figures_of_a_part_of_the_output_are_said_to_be_and_weigh_what_they_stand_for(
    page: Any, address: str, report: Path
) -> None:
    data = data_of(report)
    data["shape"][0] |= {"samples": 1200, "shards": 300}
    page.goto(address + rewritten(report, "part.html", data))
    assert "Of 12 of 1,200 samples, evenly spaced over 3 of 300 shards." in page.inner_text("#shape-lede")
    assert page.inner_text("#count") == "12 samples on this page; about 1,200 samples in the output"
    bar = page.locator(".chart", has=page.get_by_role("heading", name="Pages")).locator(".bin").first
    pages = data["shape"][0]["columns"]["pages"]
    assert bar.get_attribute("aria-label").endswith(f": about {100 * pages.count(min(pages)):,} samples")


def test_a_facet_filters_and_counts_what_others_would_give(page: Any, address: str) -> None:
    page.goto(address)
    labels = page.locator("#facets fieldset", has_text="Pages").locator("label")
    counts = [int(text) for text in labels.locator(".n").all_inner_texts()]
    assert sum(counts) == 12
    labels.nth(1).locator("input").check()
    assert len(shown_keys(page)) == counts[1] < 12
    assert [int(text) for text in labels.locator(".n").all_inner_texts()] == counts


def test_a_word_leads_to_the_first_frame_that_shows_it(page: Any, address: str, report: Path) -> None:
    (sample,) = (one for one in data_of(report)["samples"] if one["key"] == "gsm8k_000005")
    open_sample(page, address, "gsm8k_000005")
    frames = sample["words"][2::6]
    answer = [number for number in frames if number >= sample["promptFrames"]]
    words = page.locator("dialog .passage >> nth=1").locator(".word")
    assert words.count() == len(answer)
    for place in (0, len(answer) // 2, len(answer) - 1):
        words.nth(place).hover()
        assert frame(page) == answer[place]
        wait_for(page, f"Math.floor(open.video.currentTime * open.sample.fps) === {answer[place]}")
        assert page.is_visible("dialog .box")
    assert "frame" in page.inner_text("dialog .clock")


def test_what_a_word_points_at_is_that_word_in_the_picture(page: Any, address: str, report: Path) -> None:
    """The frame before shows paper inside the box, and the frame that the word leads to shows ink."""
    (sample,) = (one for one in data_of(report)["samples"] if one["key"] == "gsm8k_000002")
    open_sample(page, address, "gsm8k_000002")
    _, _, number, x, y, width = sample["words"][-6:]
    darkest = """([frame, x, y, w, h]) => new Promise((resolve) => {
      open.video.addEventListener("seeked", () => {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = open.sample.size;
        const context = canvas.getContext("2d");
        context.drawImage(open.video, 0, 0);
        resolve(Math.min(...context.getImageData(x, y, w, h).data.filter((_, n) => n % 4 === 0)));
      }, { once: true });
      open.seek(frame);
    })"""
    area = [x, y, width, sample["line"]]
    assert page.evaluate(darkest, [number - 1, *area]) > 180
    assert page.evaluate(darkest, [number, *area]) < 90


def test_the_keyboard_alone_reaches_everything(page: Any, address: str) -> None:
    page.goto(address)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(document.activeElement.closest('[id]') || document.body).id"))
        if page.evaluate("document.activeElement === document.body"):
            break
    assert {"charts", "search", "facet-list", "gallery", "skips", "making"} <= reached
    assert page.locator(".bin[tabindex='0']").count() == page.locator(".chart").count()
    assert page.locator(".card[tabindex='0']").count() == 1

    page.keyboard.press("/")
    page.keyboard.type("lamps")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    key = page.evaluate("document.activeElement.getAttribute('href').slice(1)")
    assert key == shown_keys(page)[1]
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert frame(page) == 2
    page.keyboard.press("End")
    assert frame(page) == 59
    page.keyboard.press("n")
    wait_for(page, f"open.sample.key === {shown_keys(page)[2]!r}")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="hidden")
    assert page.evaluate("document.activeElement.getAttribute('href').slice(1)") == shown_keys(page)[2]
    assert page.evaluate("location.hash") == ""


def test_a_bar_is_chosen_with_the_keyboard(page: Any, address: str) -> None:
    page.goto(address)
    page.locator(".chart >> nth=1 >> .bin >> nth=0").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.evaluate("chosen.bars.pages.has(1)")


def test_words_are_reached_with_the_keyboard(page: Any, address: str) -> None:
    open_sample(page, address, "gsm8k_000002")
    page.locator("dialog .passage >> nth=1").locator(".word").first.focus()
    before = frame(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert frame(page) == before + 2


@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_is_wider_than_the_screen(page: Any, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 860})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    open_sample(page, address, "gsm8k_000005")
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= width
    assert page.evaluate("document.querySelector('dialog .body').scrollWidth") <= width


@pytest.mark.parametrize(
    ("text", "seen"),
    [(HOSTILE, HOSTILE), (OVERRIDE, "⟨U+202E⟩gnihton⟨U+202C⟩ and ⟨U+2066⟩on⟨U+2069⟩"), (LONG, LONG), ("'\"", "'\"")],
    ids=["markup", "override", "long", "quotes"],
)
def test_hostile_text_shows_as_text(page: Any, address: str, report: Path, text: str, seen: str) -> None:
    data = data_of(report)
    sample = data["samples"][0]
    sample |= {"prompt": text, "final": text, "key": "gsm8k_000000", "words": [], "note": text, "verdict": "wrong"}
    data["grade"] = {"right": 0, "wrong": 1, "unjudged": 0}
    data["datasets"][0]["name"] = data["datasets"][0]["provenance"] = text
    data["datasets"][0]["skips"][0]["examples"][0][1:] = [text, text]
    data["datasets"][0]["contract"].append([text, text])
    page.goto(address + rewritten(report, "hostile.html", data) + "#gsm8k_000000")
    page.wait_for_selector("dialog[open]")
    assert page.locator("dialog .passage").first.inner_text() == seen
    assert page.inner_text("dialog .result") == seen
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.scripts.length") == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 1200


def test_real_markup_in_a_row_is_text_in_the_page(page: Any, address: str) -> None:
    open_sample(page, address, "gsm8k_000003")
    assert "</script><script>window.hacked = 1</script>" in page.locator("dialog .passage").first.inner_text()
    assert page.evaluate("window.hacked") is None


def test_an_older_output_without_places_of_words_is_shown_by_its_words(page: Any, address: str, report: Path) -> None:
    data = data_of(report)
    sample = data["samples"][2]
    texts = []
    for place in range(0, len(sample["words"]), 6):
        start, length, number = sample["words"][place : place + 3]
        source = sample["prompt"] if number < sample["promptFrames"] else sample["answer"]
        texts.append(source[start : start + length])
        sample["words"][place] = -1
    sample["texts"] = texts
    open_sample(page, address + rewritten(report, "older.html", data), sample["key"])
    assert " ".join(page.locator("dialog .passage >> nth=1").inner_text().split()) == " ".join(sample["answer"].split())


def test_grades_are_counted_and_failures_shown(page: Any, address: str, report: Path) -> None:
    data = data_of(report)
    data["grade"] = {"right": 3, "wrong": 1, "unjudged": 1}
    data["samples"][1] |= {"verdict": "wrong", "note": "expected: 5; found: 6", "picture": data["samples"][1]["poster"]}
    page.goto(address + rewritten(report, "graded.html", data))
    assert "75% of 4 judged videos are right" in page.inner_text("#grade")
    assert "expected: 5; found: 6" in page.text_content("#grade .failure")
    data["samples"][2] |= {"verdict": "unjudged", "note": "not judged: missing"}
    page.goto(address + rewritten(report, "graded.html", data))
    assert page.locator("#grade .failure .unpictured").all_text_contents() == ["no picture"]
    page.locator("#facets label", has_text="wrong").locator("input").check()
    assert shown_keys(page) == [data["samples"][1]["key"]]


def test_an_output_without_text_videos_is_shown_by_its_totals(page: Any, address: str, report: Path) -> None:
    data = {**data_of(report), "samples": []}
    data["datasets"][0]["seconds"] = None
    page.goto(address + rewritten(report, "totals.html", data))
    assert "12" in page.inner_text("#masthead .figures")
    assert page.is_hidden("#shape")
    assert page.is_hidden("#samples")
    assert "bad_row" in page.inner_text("#skips")


def test_two_hundred_samples_are_there_within_a_second(page: Any, address: str, report: Path) -> None:
    """Of the page's own time, on an idle machine; ten times as much is allowed here."""
    data = data_of(report)
    data["samples"] = [{**data["samples"][n % 12], "key": f"gsm8k_{n:06d}"} for n in range(200)]
    page.goto(address + rewritten(report, "many.html", data))
    assert len(shown_keys(page)) == 200
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd") < 10_000


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program of axe-core, installed for these tests alone."""
    folder = tmp_path_factory.mktemp("axe")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm on this machine: axe-core cannot be installed")
    try:
        done = subprocess.run(
            [npm, "install", "--silent", "--prefix", str(folder), "axe-core@4"], capture_output=True, timeout=120
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm does not answer: axe-core cannot be installed")
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if done.returncode or not script.is_file():
        pytest.skip("npm cannot install axe-core")
    return script.read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize("place", ["", "#gsm8k_000005"])
def test_axe_finds_nothing_serious(browser: Any, address: str, report: Path, axe: str, scheme: str, place: str) -> None:
    data = data_of(report)
    data["grade"] = {"right": 1, "wrong": 1, "unjudged": 1}
    data["samples"][0] |= {"verdict": "wrong", "note": "expected: 5; found: 6"}
    data["samples"][1] |= {"verdict": "unjudged", "note": "not judged: missing"}
    name = rewritten(report, "axe.html", data)
    tab = browser.new_page(color_scheme=scheme, bypass_csp=True)
    tab.goto(address + name + place)
    tab.wait_for_selector("dialog[open]" if place else ".card")
    if not place:
        tab.locator(".bin").first.click()
    tab.evaluate(axe)
    found = tab.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] })")
    serious = [
        (one["id"], [node["html"][:160] for node in one["nodes"]][:3])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    tab.close()
    assert serious == []
    assert len(found["passes"]) > 10

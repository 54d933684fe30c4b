"""Pictures of a report in Chromium: the page and a sample, light, dark, and at the width of a phone.

python tools/report/screenshots.py REPORT [--to FOLDER] [--key KEY] [--chromium /usr/bin/chromium]
python tools/report/screenshots.py REPORT --picture tools/report/report.png --beside BUILTIN --key gsm8k_000001

The second line draws the README's picture: on the left the totals and distributions of a report of 500 real rows, on
the right a sample of another report, of rows that were written for this project. tools/README.md has all commands.

Needs the extra test-browser. Chinese is drawn with the fonts in `fonts/` where the system has none.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from vwd.report.serve import report_server

_FONTS = Path(__file__).resolve().parents[2] / "fonts"
_TIGHTER = """() => {
  document.getElementById("datasets").hidden = true;
  document.getElementById("masthead").style.paddingTop = "56px";
  document.getElementById("shape").style.marginTop = "64px";
}"""
_SIZES = {"wide": (1280, 900), "narrow": (400, 860)}


def use_fonts(folder: Path) -> None:
    """Lets Chromium find the fonts of this project, too."""
    config = folder / "fonts.conf"
    config.write_text(
        f'<?xml version="1.0"?><fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"<dir>{_FONTS}</dir><alias binding='strong'><family>system-ui</family><prefer><family>Inter</family>"
        "<family>Liberation Sans</family></prefer></alias></fontconfig>",
        "utf-8",
    )
    os.environ["FONTCONFIG_FILE"] = str(config)


def take(page: Page, url: str, to: Path, name: str, key: str) -> None:
    """The whole page, its first screen, and the dialog of a sample."""
    page.goto(url)
    page.wait_for_selector(".card")
    page.evaluate("document.querySelectorAll('img').forEach((one) => { one.loading = 'eager'; })")
    page.evaluate(
        "document.querySelectorAll('.gallery li').forEach((one) => { one.style.contentVisibility = 'visible'; })"
    )
    page.wait_for_load_state("networkidle")
    page.screenshot(path=to / f"{name}.png")
    page.screenshot(path=to / f"{name}-page.png", full_page=True)
    open_sample(page, url, key)
    page.screenshot(path=to / f"{name}-sample.png")


def take_all(browser: Browser, url: str, to: Path, key: str) -> None:
    """Both sizes in both themes; what the console says is printed."""
    to.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in _SIZES.items():
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.on("console", lambda said: print(said.text))
            page.on("pageerror", lambda error: print(error))
            take(page, url, to, f"{size}-{scheme}", key)
            page.close()


def draw_picture(browser: Browser, url: str, beside: str, to: Path, key: str) -> None:
    """Totals and distributions of one report in light, and a sample of another in dark, side by side."""
    shots = []
    for scheme in ("light", "dark"):
        page = browser.new_page(viewport={"width": 1180, "height": 1000}, color_scheme=scheme)
        page.goto(url if scheme == "light" else beside)
        page.wait_for_selector(".card")
        if scheme == "light":
            page.locator(".chart >> nth=1 >> .bin >> nth=1").click()
            page.mouse.move(0, 0)
            # Without the table and most of the margins, so that totals and distributions are in one picture.
            page.evaluate(_TIGHTER)
            page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        else:
            open_sample(page, beside, key)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(600)
        shots.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        page.close()
    picture = Image.new("RGB", (2 * 1180, 1000))
    for place, shot in enumerate(shots):
        picture.paste(shot, (1180 * place, 0))
    half = picture.resize((1180, 500), Image.Resampling.LANCZOS)
    half.quantize(256, Image.Quantize.MEDIANCUT, kmeans=4, dither=Image.Dither.NONE).save(to, optimize=True)


def open_sample(page: Page, url: str, key: str) -> None:
    """A sample two thirds through its answer."""
    page.goto(f"{url}#{key or page.evaluate('DATA.samples[0].key')}")
    page.wait_for_selector("dialog[open]")
    words = page.locator("dialog .passage >> nth=1").locator(".word")
    words.nth(words.count() * 2 // 3).hover()
    page.wait_for_timeout(400)


@contextmanager
def served(report: Path) -> Iterator[str]:
    """The address of a report, as long as the block runs."""
    with report_server(report) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("--to", type=Path, default=Path("screenshots"))
    parser.add_argument("--key", default="", help="of the sample that is shown; the first by default")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--picture", type=Path, help="draw the README's picture to this file, and nothing else")
    parser.add_argument("--beside", type=Path, help="the report whose sample --picture shows; REPORT by default")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        served(options.report) as url,
        served(options.beside or options.report) as beside,
        sync_playwright() as playwright,
    ):
        use_fonts(Path(folder))
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox"], env={**os.environ}
        )
        if options.picture:
            draw_picture(browser, url, beside, options.picture, options.key)
        else:
            take_all(browser, url, options.to, options.key)
        browser.close()


if __name__ == "__main__":
    main()

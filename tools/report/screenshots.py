"""Pictures of a report in Chromium: the page and a sample, light, dark, and at the width of a phone.

python tools/report/screenshots.py REPORT [--to FOLDER] [--key KEY] [--chromium /usr/bin/chromium]

Needs the extra test-browser. Chinese is drawn with the fonts in `fonts/` where the system has none.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from vwd.report.serve import report_server

_FONTS = Path(__file__).resolve().parents[2] / "fonts"
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
    page.wait_for_load_state("networkidle")
    page.screenshot(path=to / f"{name}.png")
    page.screenshot(path=to / f"{name}-page.png", full_page=True)
    page.goto(f"{url}#{key or page.evaluate('DATA.samples[0].key')}")
    page.wait_for_selector("dialog[open]")
    words = page.locator("dialog .passage >> nth=1").locator(".word")
    words.nth(words.count() * 2 // 3).hover()
    page.wait_for_timeout(400)
    page.screenshot(path=to / f"{name}-sample.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("--to", type=Path, default=Path("screenshots"))
    parser.add_argument("--key", default="", help="of the sample that is shown; the first by default")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        report_server(options.report) as server,
        sync_playwright() as playwright,
    ):
        use_fonts(Path(folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox"], env={**os.environ}
        )
        for size, (width, height) in _SIZES.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                page.on("console", lambda said: print(said.text))
                page.on("pageerror", lambda error: print(error))
                take(page, url, options.to, f"{size}-{scheme}", options.key)
                page.close()
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()

"""The page: a frame of HTML, and style, program and data inside it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from typing import Any

# Names the page as ours: only such a page is ever replaced.
MARK = '<meta name="generator" content="vwd report">'
# One program, cut by subject; each part uses those before it.
_SCRIPTS = ("dom.js", "filters.js", "charts.js", "gallery.js", "sample.js", "sections.js")


def page(title: str, data: dict[str, Any]) -> bytes:
    """One HTML document that loads nothing but the media beside it.

    Its policy lets no other script run than the one in it, whatever text the data holds.
    """
    style, script = _resource("page.css"), "".join(map(_resource, _SCRIPTS))
    policy = "; ".join(
        (
            "default-src 'none'", "img-src 'self' file: data:", "media-src 'self' file:", "base-uri 'none'",
            "form-action 'none'", f"style-src '{_hash(style)}'", f"script-src '{_hash(script)}'",
        )
    )  # fmt: skip
    parts = {
        "MARK": MARK, "POLICY": policy, "TITLE": html.escape(title), "STYLE": style,
        "DATA": embedded(data), "SCRIPT": script,
    }  # fmt: skip
    text = _resource("page.html")
    pieces = [text]
    for name, value in parts.items():
        mark = f"<!--{name}-->"
        head, _, tail = pieces.pop().partition(mark)  # in their order, so that no value is searched for marks
        pieces += [head, value, tail]
    return "".join(pieces).encode("utf-8", "replace")


def embedded(data: Any) -> str:
    """JSON for a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _resource(name: str) -> str:
    return (files("vwd.report") / name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

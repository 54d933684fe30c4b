"""What writes captions: a server with OpenAI's interface, CogVLM2's video servers, or the text that is known."""

from __future__ import annotations

import base64
import io
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from vwd.errors import MediaError, UsageError
from vwd.limits import LARGEST_MEMBER
from vwd.meta.media import frames_at
from vwd.meta.servers import Servers, field, post
from vwd.meta.tables import Row
from vwd.storage.regular import open_regular, read_regular

OPENAI_URL = "http://127.0.0.1:8000/v1"
COGVLM2_URLS = tuple(f"http://127.0.0.1:{port}" for port in range(5000, 5008))
COGVLM2_QUESTION = "Describe this video in detail."

_FRAMES, _KNOWN = "These are frames of one video, in order.", "It is known that: {text}"
_DETAIL = "Say what is seen, what moves and how, where it happens, and how it is filmed. Say nothing that is not seen."
_ONE, _SEVERAL = (
    f"This is the middle of a video. Describe the video in detail. {_DETAIL}",
    f"{_FRAMES} Describe the video in detail. {_DETAIL}",
)
_EXAMPLES = (
    "For example: A grey cat jumps from a shelf on a wooden table, and the camera follows it. "
    "Two people in red coats walk along a beach at dusk, seen from behind."
)
_THIRD = "Waves roll slowly towards black rocks under heavy clouds; the camera does not move."
# By name, as captioning tools for such tables have them; {text} is the caption that the row has.
PROMPTS = {
    "image": "Describe this picture in a few sentences.",
    "image-text": f"Describe this picture in a few sentences. {_KNOWN}",
    "image-3ex": f"Describe this picture in a few sentences. {_EXAMPLES} {_THIRD}",
    "video": f"{_FRAMES} Describe the video in a few sentences.",
    "video-text": f"{_FRAMES} Describe the video in a few sentences. {_KNOWN}",
    "video-f1-detail-3ex": f"{_ONE} {_EXAMPLES} {_THIRD}",
    "video-f1-detail-2ex-text": f"{_ONE} {_EXAMPLES} {_KNOWN}",
    "video-f3-detail-3ex": f"{_SEVERAL} {_EXAMPLES} {_THIRD}",
    "video-f3-detail-2ex-text": f"{_SEVERAL} {_EXAMPLES} {_KNOWN}",
}


class Captioner(Protocol):
    """Writes captions. Called from `workers` threads."""

    @property
    def workers(self) -> int:
        """How many captions it writes at once."""

    def caption(self, row: Row) -> str:
        """A caption of the video at the row's `path`.

        Raises:
            MediaError: this video gets none; others may.
            ServiceError: none will.
        """


def prompt_text(prompt: str) -> str:
    """A prompt by its name, or as it is."""
    return PROMPTS.get(prompt, prompt)


@dataclass(frozen=True)
class OpenAI:
    """Any server with OpenAI's chat completions, such as vLLM with LLaVA: frames go as JPEG pictures.

    Attributes:
        key: sent to the servers, and written nowhere.
        frames: how many of each video, spread evenly.
        resize: their shorter side in pixels, where it is longer.
    """

    servers: Servers
    model: str
    prompt: str
    frames: int = 4
    resize: int = 336
    max_tokens: int = 300
    key: str = ""

    @property
    def workers(self) -> int:
        return self.servers.capacity

    def caption(self, row: Row) -> str:
        """As the model answers."""
        places = [(2 * place + 1) / (2 * self.frames) for place in range(self.frames)]
        pictures = [_picture(frame, self.resize) for frame in frames_at(row["path"], places)]
        text = self.prompt.replace("{text}", str(row.get("text") or ""))
        content: list[Any] = [{"type": "image_url", "image_url": {"url": picture}} for picture in pictures]
        body = {
            "model": self.model, "max_tokens": self.max_tokens, "temperature": 0,
            "messages": [{"role": "user", "content": [*content, {"type": "text", "text": text}]}],
        }  # fmt: skip
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})

        def send(url: str) -> str:
            answer = post(f"{url}/chat/completions", json.dumps(body).encode(), headers, self.servers.timeout)
            return field(answer, "choices", 0, "message", "content")

        return self.servers.ask(row["path"], send)


@dataclass(frozen=True)
class CogVLM2:
    """CogVLM2's video servers: the file is posted to `/video_qa`, with a question."""

    servers: Servers
    question: str = COGVLM2_QUESTION
    temperature: float = 0.2

    @property
    def workers(self) -> int:
        return self.servers.capacity

    def caption(self, row: Row) -> str:
        """As the model answers."""
        path = Path(row["path"])
        try:
            data = read_regular(path, LARGEST_MEMBER)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise MediaError(f"{path}: cannot be read: {reason}", "Check the path.") from error
        boundary = secrets.token_hex(16)
        fields = {"question": self.question, "temperature": str(self.temperature)}
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        # Not the file's own name: it may hold a quote or a line break.
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="video"; filename="video{path.suffix}"\r\n'
        body = b"".join(
            [
                *parts,
                head.encode(),
                b"Content-Type: application/octet-stream\r\n\r\n",
                data,
                f"\r\n--{boundary}--\r\n".encode(),
            ]
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}

        def send(url: str) -> str:
            return field(post(f"{url}/video_qa", body, headers, self.servers.timeout), "answer")

        return self.servers.ask(str(path), send)


@dataclass(frozen=True)
class Truth:
    """The text that a video of ours shows: from the JSONL beside its folder, as `vwd export-jsonl` writes it."""

    task: str = "rendering"
    workers: int = 1

    def caption(self, row: Row) -> str:
        """The prompt of the video's task."""
        found = known_texts(Path(row["path"]).resolve().parent.parent, self.task)
        text = found.get(Path(row["path"]).name)
        if text is None:
            raise MediaError(f"{row['path']}: its text is not known", "Choose another `backend` for videos of others.")
        return text


_known: dict[tuple[Path, str], dict[str, str]] = {}


def known_texts(folder: Path, task: str) -> dict[str, str]:
    """The texts of an exported folder's videos, by the names of their files."""
    if (folder, task) not in _known:
        texts: dict[str, str] = {}
        for listing in sorted(folder.glob(f"*_{task}_video_data_*.jsonl")):
            try:
                handle = open_regular(listing)
            except (OSError, ValueError) as error:
                raise UsageError(f"{listing}: cannot be read: {error}", "Export the videos again.") from error
            with open(handle, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - a handle, not a path
                texts.update(_video_and_prompt(line, f"{listing}, line {place}") for place, line in enumerate(file, 1))
        _known[folder, task] = texts
    return _known[folder, task]


def _video_and_prompt(line: str, where: str) -> tuple[str, str]:
    try:
        row = json.loads(line)
        return Path(row["video_path"]).name, row["prompt"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{where}: no video_path and prompt", "Export the videos again.") from error


@dataclass(frozen=True)
class TruthFirst:
    """The known text where there is one, else what another captioner writes."""

    truth: Truth
    other: Captioner

    @property
    def workers(self) -> int:
        return self.other.workers

    def caption(self, row: Row) -> str:
        """See the two."""
        try:
            return self.truth.caption(row)
        except MediaError:
            return self.other.caption(row)


def api_key() -> str:
    """From `OPENAI_API_KEY`."""
    return os.environ.get("OPENAI_API_KEY", "")


def addresses(text: str | None, default: Sequence[str]) -> list[str]:
    """Addresses of servers, separated by commas.

    Raises:
        UsageError: one is no http address.
    """
    urls = [url.strip() for url in text.split(",") if url.strip()] if text else list(default)
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"{url}: no address of a server", "It begins with http:// or https://.")
    return urls


def _picture(frame: Any, shorter: int) -> str:
    """A frame as a JPEG in a data address."""
    from PIL import Image

    picture = Image.fromarray(frame)
    scale = min(1.0, shorter / min(picture.size))
    picture = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()

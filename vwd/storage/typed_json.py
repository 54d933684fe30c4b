"""JSON as a typed model: every file that is read back is validated by one, and errors name the field."""

from __future__ import annotations

from typing import TypeVar

import msgspec

Model = TypeVar("Model")


def decode(decoder: msgspec.json.Decoder[Model], data: bytes) -> Model:
    """The content of a JSON file as a model.

    Raises:
        ValueError: it is not JSON, is nested too deeply, or a field is missing or invalid; names the field.
    """
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(str(error).replace("`", "")) from error  # backticks mark the names of arguments here

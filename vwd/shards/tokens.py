"""Counting tokens as cl100k_base does, without the network: its vocabulary is in the package."""

from __future__ import annotations

import hashlib
import lzma
from binascii import a2b_base64
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

# Of the unpacked vocabulary, as tiktoken itself checks it after a download.
_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"

# How cl100k_base splits text before merging bytes (tiktoken_ext/openai_public.py).
_SPLIT = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]"
    r"|\s+(?!\S)|\s"
)


def count_tokens(text: str) -> int:
    """Tokens of a text in cl100k_base; `<|endoftext|>` and its like count as the text they are."""
    return len(_encoding().encode_ordinary(text))


@cache
def _encoding() -> tiktoken.Encoding:
    import tiktoken

    vocabulary = lzma.decompress((files("vwd.shards") / "cl100k_base.tiktoken.xz").read_bytes())
    if hashlib.sha256(vocabulary).hexdigest() != _SHA256:
        raise ValueError("the token vocabulary in the package is damaged")
    tokens = vocabulary.split()[::2]  # lines of a token and its rank, which counts up from 0
    ranks = {token: rank for rank, token in enumerate(map(a2b_base64, tokens))}
    return tiktoken.Encoding("cl100k_base", pat_str=_SPLIT, mergeable_ranks=ranks, special_tokens={})

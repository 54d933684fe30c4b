"""The dataset card, `README.md`: with it, `datasets` loads the folder, from disk or from the hub."""

from __future__ import annotations

from vwd.index.listing import Listing
from vwd.index.provenance import provenance_of
from vwd.index.webdataset import brace_pattern
from vwd.shards.json_types import JsonType
from vwd.shards.members import CAPTION, SAT_ID
from vwd.shards.sample_fields import EARLIER_FIELDS, FIELDS, FIELDS_SINCE, PROMPT_FIELDS

_DTYPES = {str: "string", int: "int64", float: "float64"}


def _features(kind: JsonType, indent: str) -> str:
    """A JSON type as the card's YAML has it, below a name."""
    if isinstance(kind, dict):
        return f"{indent}struct:\n{_named(kind, indent)}"
    if not isinstance(kind, list):
        return f"{indent}dtype: {_DTYPES[kind]}\n"
    (item,) = kind
    return f"{indent}list:\n{_named(item, indent)}" if isinstance(item, dict) else f"{indent}list: {_DTYPES[item]}\n"


def _named(fields: dict[str, JsonType], indent: str) -> str:
    return "".join(f"{indent}- name: {name}\n{_features(kind, indent + '  ')}" for name, kind in fields.items())


# What `datasets` makes of each member: the same types in every sample, whichever five it samples.
_FEATURES = {
    "mp4": "    dtype: video\n",
    "inference.json": _features(PROMPT_FIELDS, "    "),
    "rendering.json": _features(PROMPT_FIELDS, "    "),
    CAPTION: "    dtype: string\n",
    SAT_ID: "    dtype: int64\n",
}
_DESCRIPTIONS = {
    "mp4": "the video",
    "inference.json": "`prompt`: the question alone, to train reasoning",
    "rendering.json": "`prompt`: question and answer, to train rendering",
    "storyboard.json": "question, answer, final answer, and for each word its text, frame, page, pixel box and place",
    CAPTION: "the prompt of one of the two tasks, for readers that look for a caption",
    SAT_ID: "the row's number, for readers that look captions up when they meet it",
}
# A card with this line is written again when the shards change.
_MARK = "<!-- Written by 'vwd index'"
_MARK_LINE = f"{_MARK}; without this line the file is never overwritten. -->"
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGER = "1M<n<10M"


def card(listing: Listing) -> bytes:
    """The card: metadata for `datasets` first, then text for people."""
    return (_front(listing) + _text(listing)).encode()


def is_ours(existing: bytes) -> bool:
    """Whether a card was written here, and not by somebody else."""
    return _MARK.encode() in existing


def counts(listing: Listing) -> str:
    """The lines of a card that change with the shards."""
    return f"    num_bytes: {listing.summary.bytes}\n    num_examples: {listing.summary.samples}\n"


def _front(listing: Listing) -> str:
    """The YAML between the dashes: which files, which features, how many samples."""
    dataset, samples = listing.paths.dataset, listing.summary.samples
    licence = provenance_of(listing.contract.source).licence
    fields = FIELDS if listing.contract.format >= FIELDS_SINCE else EARLIER_FIELDS
    known = {**_FEATURES, "storyboard.json": _features(fields, "    ")}
    features = "".join(f"  - name: {ending}\n{known[ending]}" for ending in listing.contract.members)
    keys = "".join(f"  - name: {name}\n    dtype: string\n" for name in ("__key__", "__url__"))
    size = next((name for limit, name in _SIZES if samples < limit), _LARGER)
    return (
        "---\n"
        f"pretty_name: {dataset} as word-by-word videos\n"
        + (f"license: {licence}\n" if licence else "")
        + f"language:\n- {listing.contract.language}\n"
        "task_categories:\n- text-to-video\n"
        "tags:\n- webdataset\n- video\n- text\n"
        f"size_categories:\n- {size}\n"
        "configs:\n- config_name: default\n  data_files:\n  - split: train\n"
        f'    path: "{dataset}-*.tar"\n'
        "dataset_info:\n  config_name: default\n  features:\n"
        + features
        + keys
        + f"  splits:\n  - name: train\n{counts(listing)}"
        "---\n\n"
    )


def _text(listing: Listing) -> str:
    contract, summary, dataset = listing.contract, listing.summary, listing.paths.dataset
    video, provenance = contract.video, provenance_of(contract.source)
    skips = ", ".join(f"{code} {count:,}" for code, count in summary.skips.items()) or "none"
    order = "in order" if contract.shuffle_seed is None else f"shuffled with seed {contract.shuffle_seed}"
    assert video, "the card is of text videos"
    members = "".join(f"| `<key>.{name}` | {_DESCRIPTIONS[name]} |\n" for name in contract.members)
    return (
        f"{_MARK_LINE}\n\n# {dataset} as word-by-word videos\n\n"
        f"Each of {summary.samples:,} samples is a text shown as a video: the question stands on a white page, and the "
        f"answer appears word by word. {video.frames} frames at {video.fps} a second, "
        f"{video.width}x{video.height}.\n\n"
        f"| member | what |\n|---|---|\n{members}\n"
        f"```python\nfrom datasets import load_dataset\n\n"
        f'rows = load_dataset("path/to/{dataset}", split="train", streaming=True)\n```\n\n'
        f"{len(listing.shards):,} shards, `{brace_pattern(listing)}`: {summary.bytes:,} bytes, listed in "
        "`SHA256SUMS`, `sizes.json` and `shardindex.json`.\n\n"
        "## How it was made\n\n"
        f"Rows: {provenance.rows}. {summary.rows:,} rows, {order}, "
        f"{contract.shard_size:,} a shard; skipped: {skips}. "
        f"{summary.prompt_tokens:,} tokens in prompts, {summary.answer_tokens:,} in answers (cl100k_base). "
        f"Encoder {contract.encoder.get('name', 'unknown')}. "
        "All settings are in `pack.json`; what each shard holds is in `ledger/`.\n\n"
        f"## Licence\n\n{provenance.terms}\n"
    )

"""Shards of the built-in rows keep the bytes recorded for this format, so that a resumed output gets the same tars."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from shards.packing import tar_hashes

from vwd.shards.contract import FORMAT
from vwd.video.mpeg4.encoder import VERSION, VERSIONS

# By format and the encoder's version: the sha256 of a shard of the first six rows at the default settings. If one
# changes, raise the version, or `FORMAT`.
STORED = {
    (2, "2"): {
        "belle_school_math": "a49b61b4eb163452a3838ba19827c87186881c7709f011b1bc18dfef32a3f64a",
        "gsm8k": "38a54a442064489aee41e965331d32efba788fb5a00a670b84c696cdbb17e056",
        "tinystories": "1758f4f5b5c846f1129f155d617fdbdfe4c841c671e1606a89306fb93b23dec8",
    },
    (3, "2"): {
        "belle_school_math": "77b6cf7668432878dc0773bdc352f325fd34b0ab8a80bcb2e6134c29bac77e83",
        "gsm8k": "38a54a442064489aee41e965331d32efba788fb5a00a670b84c696cdbb17e056",
        "tinystories": "1758f4f5b5c846f1129f155d617fdbdfe4c841c671e1606a89306fb93b23dec8",
    },
    (4, "2"): {
        "belle_school_math": "64a74c77b5619b97a0d7ab4fb89c80f704edfb677501657e3819d2f42da36a15",
        "gsm8k": "4e8071c12a5b897f53672525112cf6b22b098b359f99c64dfd1baaef8b908dfb",
        "tinystories": "2162a22d25aef825bda7e197870f1338b26ec24136732b8c40f978f508125620",
    },
    (4, "3"): {
        "belle_school_math": "5d32b157be75374a00f6b2b7d9820de95a5a78d0cb3ccca6e29e201940bf67ff",
        "gsm8k": "414e3017fe0851463cb846455a5d871bbfcce69641cfcea26b3c6f9913ecc52f",
        "tinystories": "d71ab45d2a318d4e4614b8c651248dfc6da9a97f3eb3d62452ebb9f535c3462a",
    },
}
# The versions they were packed with, as in the contract: others may draw or segment text differently.
LIBRARIES = {"ftfy": "6.3.1", "rjieba": "0.2.2", "freetype": "2.14.3"}


def contract_of(folder: Path) -> dict[str, Any]:
    """An output's contract; skips the test where it names other libraries."""
    contract = dict(json.loads((folder / "pack.json").read_bytes()))
    used = {name: contract["libraries"][name] for name in LIBRARIES}
    if used != LIBRARIES:
        pytest.skip(f"the stored hashes are of other library versions than {used}")
    return contract


def pack(run: Run, dataset: str, *more: object) -> str:
    line = ("pack", dataset, "--rows", "builtin", "--shard-size", 6, "--num-samples", 6, "--num-workers", 1)
    return run(*line, *more).stderr


@pytest.mark.parametrize("dataset", STORED[FORMAT, VERSION])
def test_a_pack_of_built_in_rows_has_the_stored_hash(run: Run, tmp_path: Path, dataset: str) -> None:
    pack(run, dataset)
    folder = tmp_path / "shards" / dataset
    contract = contract_of(folder)
    assert (contract["format"], contract["encoder"]["version"]) == (FORMAT, VERSION)
    assert tar_hashes(folder) == {f"{dataset}-000000.tar": STORED[FORMAT, VERSION][dataset]}


@pytest.mark.parametrize(
    "dataset", ["gsm8k", *(pytest.param(n, marks=pytest.mark.slow) for n in ("belle_school_math", "tinystories"))]
)
def test_an_output_of_the_encoder_s_version_before_goes_on_with_its_bytes(
    run: Run, tmp_path: Path, dataset: str
) -> None:
    name, folder = f"{dataset}-000000.tar", tmp_path / "shards" / dataset
    pack(run, dataset)
    contract = contract_of(folder)
    contract["encoder"]["version"] = VERSIONS[0]
    before = json.dumps(contract).encode()
    (folder / "pack.json").write_bytes(before)
    (folder / name).unlink()
    next((folder / "ledger").iterdir()).unlink()
    pack(run, dataset)
    assert tar_hashes(folder) == {name: STORED[FORMAT, VERSIONS[0]][dataset]}
    assert (folder / "pack.json").read_bytes() == before
    assert "0 to pack, 1 already complete" in pack(run, dataset)

"""When the contract of an output may be replaced: nothing was packed by it yet, or rows were added behind its own."""

from __future__ import annotations

from dataclasses import replace

from vwd.corpora.sources.prefix import extends
from vwd.corpora.sources.rows import Rows
from vwd.errors import ContractError
from vwd.limits import LARGEST_ENTRY
from vwd.shards.contract import Appended, Contract
from vwd.shards.contract_file import check_contract, different_settings, ensure_contract, read_contract
from vwd.shards.entry import parse_entry
from vwd.shards.paths import OutputPaths, entry_numbers, tar_numbers
from vwd.storage.atomic import atomic_write, json_bytes
from vwd.storage.errors import storage_errors
from vwd.storage.objects import exists, remove
from vwd.storage.regular import read_regular
from vwd.storage.tempfiles import names_in_progress


def settle_contract(paths: OutputPaths, contract: Contract, rows: Rows, append: bool = False) -> Contract:
    """Makes `pack.json` this contract: creates it, replaces one that may be replaced, or compares it. Returns it as it
    is there: with the earlier states of its source.

    Args:
        append: rows may have been added behind the end of those that the output was packed from.

    Raises:
        ContractError: the folder was packed with other settings; lists them. Or the rows do not begin with its own.
        OutputError: the existing `pack.json` cannot be read.
    """
    try:
        check_contract(paths, contract)
    except ContractError:
        if _binds_nobody(paths):
            for number in entry_numbers(paths):  # of rows that were all skipped
                remove(paths.entry(number))
            _write(paths, contract)
        elif append:
            _write(paths, _extended(paths, contract, rows))
        else:
            raise
    ensure_contract(paths, contract)
    return replace(contract, appended=read_contract(paths).appended)


def _binds_nobody(paths: OutputPaths) -> bool:
    """Whether no shard holds a sample, and none is being packed."""
    if tar_numbers(paths) or names_in_progress(paths.temp):
        return False
    return not any(_holds_samples(paths, number) for number in entry_numbers(paths))


def _holds_samples(paths: OutputPaths, number: int) -> bool:
    try:
        with storage_errors(paths.entry(number)):
            return parse_entry(read_regular(paths.entry(number), LARGEST_ENTRY)).samples > 0
    except FileNotFoundError:
        return False
    except ValueError:  # nobody knows
        return True


def _extended(paths: OutputPaths, contract: Contract, rows: Rows) -> Contract:
    """The contract of an output to which rows are added."""
    existing = read_contract(paths)
    same_rows = replace(contract, source=existing.source, rows=existing.rows)
    if different := different_settings(existing.to_json(), same_rows.to_json()):
        raise ContractError(
            f"{paths.folder} was packed with other settings: " + "; ".join(different),
            "`append` adds rows, and needs the same settings otherwise. Give those, or another `out`.",
        )
    if contract.shuffle_seed is not None:
        raise ContractError(
            f"{paths.folder}: its rows were shuffled before they were sharded, and more rows give another order",
            "Pack all rows to another `out`, or without `shuffle_seed`.",
        )
    if existing.rows is None or not extends(rows, existing.source, existing.rows):
        raise ContractError(
            f"{paths.folder}: the rows do not begin with the {existing.rows or 0:,} that it was packed from",
            "Add lines to the last file, which is no Parquet or array, or a file behind the others; or another `out`.",
        )
    before = Appended(existing.rows, dict(existing.source))
    return replace(contract, appended=(*existing.appended, before))


def _write(paths: OutputPaths, contract: Contract) -> None:
    if exists(paths.contract):
        with atomic_write(paths.contract, paths.temp) as file:
            file.write(json_bytes(contract.to_json()))

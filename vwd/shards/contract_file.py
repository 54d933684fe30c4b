"""`pack.json`, the contract in an output's folder: created once, and compared with ever after."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from vwd.errors import ContractError, OutputError
from vwd.limits import LARGEST_CONTRACT
from vwd.shards.contract import Contract
from vwd.shards.contract_schema import parse_contract
from vwd.shards.paths import OutputPaths
from vwd.storage.atomic import create_if_absent, json_bytes
from vwd.storage.errors import storage_errors
from vwd.storage.objects import exists
from vwd.storage.regular import read_regular
from vwd.text.spec import NEWER

_INCOMPLETE_TRIES = 20
_HINT = "Give a folder that 'vwd pack' has made."


def ensure_contract(paths: OutputPaths, contract: Contract) -> None:
    """Creates `pack.json`, or compares with the existing one.

    Raises:
        ContractError: the folder was packed with other settings; lists them.
        OutputError: the existing `pack.json` cannot be read.
    """
    if not exists(paths.contract) and create_if_absent(paths.contract, json_bytes(contract.to_json()), paths.temp):
        return
    check_contract(paths, contract)


def check_contract(paths: OutputPaths, contract: Contract) -> None:
    """Compares `pack.json`, where it exists, with a contract. Raises as `ensure_contract`."""
    different = different_settings(_read(paths), contract.to_json()) if exists(paths.contract) else []
    if different:
        raise ContractError(
            f"{paths.folder} was packed with other settings: " + "; ".join(different),
            "Give the same settings to resume it, or another `out`.",
        )


def read_contract(paths: OutputPaths) -> Contract:
    """The contract of an output folder.

    Raises:
        OutputError: it does not exist, or is damaged; names the field.
    """
    data = _read_bytes(paths)
    try:
        return parse_contract(data)
    except ValueError as error:
        raise OutputError(f"{paths.contract}: not the contract of an output: {error}", _HINT) from error


def contract_differences(existing: Mapping[str, Any], requested: Mapping[str, Any], prefix: str = "") -> list[str]:
    """What differs between two contracts as JSON, each as "name: existing …, requested …"."""
    found = []
    for name in sorted({*existing, *requested}):
        old, new = existing.get(name), requested.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found += contract_differences(old, new, f"{prefix}{name}.")
        elif old != new:
            found.append(f"{prefix}{name}: existing {_shortened(old)}, requested {_shortened(new)}")
    return found


def different_settings(existing: Mapping[str, Any], requested: Mapping[str, Any]) -> list[str]:
    """`contract_differences` of all that bytes depend on."""
    return contract_differences(_compared(existing), _compared(requested))


def _compared(contract: Mapping[str, Any]) -> dict[str, Any]:
    storyboard = contract.get("storyboard")
    named = {**NEWER, **storyboard} if isinstance(storyboard, dict) else storyboard
    return {**contract, "storyboard": named, "appended": []}


def _read_bytes(paths: OutputPaths) -> bytes:
    try:
        for _ in range(_INCOMPLETE_TRIES):
            with storage_errors(paths.contract):
                data = read_regular(paths.contract, LARGEST_CONTRACT)
            if data:
                break
            time.sleep(0.1)  # without hard links it is created empty, and filled a moment later
    except (OSError, ValueError) as error:
        raise OutputError(f"{paths.contract}: cannot be read: {error}", _HINT) from error
    return data


def _read(paths: OutputPaths) -> dict[str, Any]:
    """The contract as it is written; one that readers would refuse is no contract to resume, either."""
    data = _read_bytes(paths)
    try:
        parse_contract(data)
    except ValueError as error:
        raise OutputError(f"{paths.contract}: not the contract of an output: {error}", _HINT) from error
    contract: dict[str, Any] = json.loads(data)
    return contract


def _shortened(value: Any) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= 40 else text[:37] + "…"

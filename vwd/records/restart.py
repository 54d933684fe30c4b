"""Starting a group anew whose files were changed, such as a broken one that was mended, before it was complete."""

from __future__ import annotations

from dataclasses import replace

from vwd.errors import OutputError
from vwd.shards.contract import Contract
from vwd.shards.contract_file import different_settings, read_contract
from vwd.shards.ledger import Ledger, State
from vwd.shards.paths import OutputPaths, entry_numbers
from vwd.shards.plan import plan_shards
from vwd.storage.objects import exists, remove
from vwd.storage.tempfiles import names_in_progress


def restart_if_changed(paths: OutputPaths, contract: Contract) -> bool:
    """Removes an incomplete group's shards if the contract differs from theirs in the rows alone.

    Those of other settings, and of a complete group, are left: packing refuses them, and says what differs.

    Returns:
        Whether they were removed.
    """
    if not exists(paths.contract):
        return False
    try:
        existing = read_contract(paths)
    except OutputError:
        return False  # packing says what is wrong with it
    same_rows = replace(contract, source=existing.source, rows=existing.rows, columns=existing.columns)
    if different_settings(existing.to_json(), same_rows.to_json()):
        return False
    if not different_settings(existing.to_json(), contract.to_json()) or _is_complete(Ledger(paths, existing)):
        return False
    if names_in_progress(paths.temp):
        return False  # another run is making them
    for number in entry_numbers(paths):
        remove(paths.tar(number))
        remove(paths.entry(number))
    remove(paths.contract)
    return True


def _is_complete(ledger: Ledger) -> bool:
    contract = ledger.contract
    if not contract.rows:
        return False
    shards = plan_shards(contract.rows, contract.shard_size)
    found = ledger.lookup_many([shard.number for shard in shards])
    return all(one.state is State.DONE for one in found)

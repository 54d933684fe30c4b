"""Sidecars of an output: what other readers of shards need, from the ledger and without reading a tar."""

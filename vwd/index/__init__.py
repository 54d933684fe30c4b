"""Sidecars of an output: what other readers of shards ask for, told from the ledger and without reading a tar."""

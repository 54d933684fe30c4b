"""The plan, the deterministic tar, the ledger, and the loop that drives corpora, text and video."""

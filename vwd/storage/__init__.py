"""Bytes on disks and in object stores: atomic writes, URLs, and their errors. Knows nothing of shards."""

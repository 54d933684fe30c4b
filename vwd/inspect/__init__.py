"""A way to look at shards: their status, and their verification."""

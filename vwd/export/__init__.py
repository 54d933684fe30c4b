"""A way out of shards: the documented video folder and its JSONL files."""

"""Rows of images and conversations: Parquet to shards, benchmarks to unified JSONL, recipes of several."""

"""Benchmarks of images and questions as unified JSONL, one at a time or by a recipe."""

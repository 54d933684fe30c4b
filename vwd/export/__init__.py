"""A way out of shards: a folder of videos with lists of them for trainers, or Parquet."""

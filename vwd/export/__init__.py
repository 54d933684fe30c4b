"""From shards to a folder of videos with lists of them for trainers, or to Parquet."""

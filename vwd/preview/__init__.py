"""Looking at a sample: contact sheets and animations, from rows that are not packed yet or from shards."""

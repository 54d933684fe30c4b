"""The export verbs, one file each."""

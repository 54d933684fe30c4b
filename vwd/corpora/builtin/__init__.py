"""Rows written for this project, in the schema of each corpus."""

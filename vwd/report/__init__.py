"""One page that shows what is in an output: totals, distributions, and samples that play in a browser."""

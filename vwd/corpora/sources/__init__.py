"""Where rows come from: a file, the rows in the package, a local copy, or the hub. All look the same."""

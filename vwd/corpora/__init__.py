"""Where rows come from, and how a row of each corpus becomes a sample or a skip."""

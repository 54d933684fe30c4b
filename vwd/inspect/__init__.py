"""Looking at an output: its status, and its verification."""

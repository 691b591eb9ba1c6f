"""The team's repository: a private clone, commits, pushes."""

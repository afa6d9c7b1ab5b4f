"""Think or not: what a problem deserves before anything is spent on it, learned from stored outcomes."""

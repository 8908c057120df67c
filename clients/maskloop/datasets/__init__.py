"""Data sets as campaigns read them, and subsets of them."""

"""The only door to masks for people and for other networks."""

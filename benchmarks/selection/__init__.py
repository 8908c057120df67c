"""Choosing: how fast strategies rank, and how right."""

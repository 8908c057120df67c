"""Heads: how well they tell how good masks are."""

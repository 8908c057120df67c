"""Budgets, and the images that they are spent on."""

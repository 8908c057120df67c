"""Weak labels: class maps and what is made of them."""

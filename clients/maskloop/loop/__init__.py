"""Campaigns from beginning to end: the rounds, the people who label or stand-ins for them, and the demo data."""

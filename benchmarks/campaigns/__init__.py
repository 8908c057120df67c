"""Costs, forecasts and comparisons, on simulated campaigns whose truth is known."""

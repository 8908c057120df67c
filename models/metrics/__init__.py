"""Measures of proposals against labels, and of predicted against true IoU: pure functions."""

"""Labeled pictures that benchmarks learn from and are judged on."""

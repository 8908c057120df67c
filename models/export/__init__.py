"""Trained networks for programs that have neither Maskloop nor torch."""

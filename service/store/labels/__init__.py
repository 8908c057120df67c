"""Rows of labels, and the views of them that others ask for."""

"""Classifiers of defects from clicks, whose class maps are as fine as the image."""

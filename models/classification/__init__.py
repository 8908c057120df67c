"""A multi-label image classifier: which categories an image holds, without saying where."""

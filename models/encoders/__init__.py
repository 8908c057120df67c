"""Encoders and the features they see in images."""

"""Names of the encoders that recipes choose from; apart from the encoders, which need torch."""

ENCODERS = ("compact", "resnet18", "resnet34", "resnet50", "resnet101")
TIMM = "timm:"
"""Stands before the name of one of timm's: `timm:tf_efficientnet_lite0`."""

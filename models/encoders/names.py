"""Names of the encoders that recipes choose from; apart from the encoders, which need torch."""

ENCODERS = ("compact", "resnet18", "resnet34", "resnet50", "resnet101")

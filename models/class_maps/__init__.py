"""A network that has learnt from class labels alone, and outlines what its class maps show."""

"""How good a mask is without its truth: its statistics, calibrated to a predicted IoU, and whether to trust that."""

"""The annotation network, IoU-W-RSIS and its kin: objects outlined one a step, each with a predicted IoU."""

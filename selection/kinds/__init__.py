"""Which kind of label to buy next: learning curves of the two factors of panoptic quality, and what they promise."""

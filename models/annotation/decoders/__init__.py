"""One step, one object: the recurrent decoders, each told or finding for itself what a step is to draw."""

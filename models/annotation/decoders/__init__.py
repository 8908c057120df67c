"""One object a step: the decoders of the annotation network, recurrent alone or guided by centres."""

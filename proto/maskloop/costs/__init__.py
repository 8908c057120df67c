"""The cost model in seconds of annotator time."""

"""What trials say: paired differences, gates, intervals, pooled effects."""

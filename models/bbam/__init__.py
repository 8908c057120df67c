"""From boxes alone to a network that outlines, by what a detector looks at."""

"""What a report tells of batches that were divided among kinds of labels by what these gain."""

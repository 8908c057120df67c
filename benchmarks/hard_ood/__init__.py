"""Images that hold nothing of a project: what candidates and classifiers are worth."""

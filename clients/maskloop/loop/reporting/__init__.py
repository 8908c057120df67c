"""What a campaign tells of itself: reports of runs and of live projects, and its history from the server."""

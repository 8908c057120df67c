"""Where a classifier sees what its images are labeled with: what that is worth, and why."""

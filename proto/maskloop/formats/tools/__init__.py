"""What labeling tools and trainings write and read: each format a file, its reader and its writer side by side."""

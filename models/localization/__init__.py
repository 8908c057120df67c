"""Class maps: where a classifier sees what its images are labeled with; one method a file, one face."""

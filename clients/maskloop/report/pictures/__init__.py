"""Pictures of the report: images that were chosen, and test images with what was found on them."""

"""Class maps as fine as the image, of images of any size, in tiles."""

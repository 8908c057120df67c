"""A run whose labels people give on the page: what it asks for, who has which images, what was said of them."""

"""A classifier of patches: which classes a patch holds, and class maps of patches joined to labels of images (OEEM)."""

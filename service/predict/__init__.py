"""`maskloop predict`: a trained model outlines the objects of pictures on this machine."""

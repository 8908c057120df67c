"""Other people's networks that answer prompts: SAM, SAM 2, Mask R-CNN, and any ONNX network of the agreed shape."""

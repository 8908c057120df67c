"""U-Nets that have learnt from clicks, and outline what their maps show in images of any size."""

"""What every HTML page stands on: figures, templates, wording."""

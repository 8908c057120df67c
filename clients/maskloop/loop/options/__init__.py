"""What a run is asked to do: its options, each declared once, and the file that keeps them."""

from maskloop.loop.options.kept_run import DEFAULTS, RUN_FILE, KeptRun, find_run, keep_run, kept_options
from maskloop.loop.options.options import Options

__all__ = ["DEFAULTS", "RUN_FILE", "KeptRun", "Options", "find_run", "keep_run", "kept_options"]

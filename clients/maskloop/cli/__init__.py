"""The command line: `maskloop` and `al-loop`. Commands read options and call; they hold no logic."""

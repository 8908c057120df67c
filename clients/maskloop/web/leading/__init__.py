"""What leads of a project see and do: spending, batches, disputed labels, networks, long work, export, new projects."""

"""Before anything is bought: what a budget is planned for, what it will take, and whether objects will be seen."""

"""How the papers' cost tables look."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from maskloop.costs.paper_tables import CostTable


def show_cost_table(console: Console, table: CostTable) -> None:
    """Print a table, and its notes below it."""
    shown = Table()
    for heading in ("", *table.columns):
        shown.add_column(heading, justify="right" if heading else "left")
    for name, cells in table.rows.items():
        shown.add_row(name, *(cell.text for cell in cells))
    console.print(table.title, highlight=False)
    console.print(shown)
    for note in table.notes:
        console.print(note, highlight=False)

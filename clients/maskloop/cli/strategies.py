"""How the list of strategies looks."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from maskloop.values import STRATEGY_KINDS, StrategyKind
from maskloop.values.strategy_kinds import Option


def show_strategies(console: Console) -> None:
    """Print every strategy with its options and their defaults."""
    table = Table(title="--strategy NAME[:OPTION=VALUE,...]", title_justify="left", show_lines=True, expand=True)
    table.add_column("name", no_wrap=True)
    table.add_column("chooses", ratio=1)
    table.add_column("options (default first)", ratio=2)
    for name, kind in STRATEGY_KINDS.items():
        table.add_row(name, kind.summary, "\n".join(_options(kind)))
    console.print(table)


def _options(kind: StrategyKind) -> Iterator[str]:
    for name, option in kind.options.items():
        yield f"{name}={'|'.join(_values(option))}: {option.summary}"


def _values(option: Option) -> list[str]:
    others = [word for word in option.words if word != option.default]
    if option.number:
        others.append("0..1")
    return [option.default or "none", *others]

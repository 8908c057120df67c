"""`docs/cli.md`: every command with its arguments and options, read from the command objects themselves.

Only what all versions of typer and click have is asked for: names, help, defaults, panels. The page must not change
with the version that is installed.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import typer

from docs.generate.markdown import cell, table

APPS: Mapping[str, Sequence[str]] = {
    "al-loop": ("maskloop.cli.al_loop:app", "maskloop.cli.runs:app", "maskloop.cli.compare:app"),
    "maskloop": ("maskloop.cli.maskloop:app",),
}
"""Where the commands of each program are."""

HANDED_OVER = "service.__main__:app"
"""Where the options are of commands that another process answers: `serve` and `predict`."""

HEAD = """# The command line

Every command with its options, made from the program by `make docs`. How they are used together is in the
[tutorial](tutorial.md). `--help` after any command prints the same.
"""


def cli_page() -> str:
    """The whole page as Markdown."""
    commands = all_commands()
    contents = "\n".join(f"- [`{name}`](#{name.replace(' ', '-')}): {_summary(it)}" for name, it in commands.items())
    return "\n".join([HEAD, contents, *(_section(name, command) for name, command in commands.items())]) + "\n"


def all_commands() -> dict[str, Any]:
    """Every command that does something, by what a person types: `al-loop`, `al-loop compare`, `maskloop serve`."""
    elsewhere = dict(_leaves("", _command(HANDED_OVER)))
    commands: dict[str, Any] = {}
    for program, apps in APPS.items():
        for app in apps:
            for name, command in _leaves(program, _command(app)):
                last = name.rpartition(" ")[2]
                commands[name] = elsewhere[last] if _hands_over(command) else command
    return commands


def _command(place: str) -> Any:
    module, _, attribute = place.partition(":")
    app = getattr(import_module(module), attribute)
    return typer.main.get_command(app) if isinstance(app, typer.Typer) else app


def command_of(place: str, name: str) -> Any:
    """One command of the app at `MODULE:ATTRIBUTE`."""
    return dict(_leaves("", _command(place)))[name]


def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """A command with its name, or those of a group; a group that does something by itself comes first."""
    children: Mapping[str, Any] = getattr(command, "commands", {})
    if not children or getattr(command, "invoke_without_command", False):
        yield name, command
    for child, below in children.items():
        if not below.hidden:
            yield from _leaves(f"{name} {child}".strip(), below)


def _hands_over(command: Any) -> bool:
    return bool(command.context_settings.get("ignore_unknown_options"))


def _section(name: str, command: Any) -> str:
    arguments = [it for it in command.params if it.param_type_name == "argument"]
    options = [it for it in command.params if it.param_type_name == "option" and _is_shown(it)]
    parts = [f"\n## {name}\n", _help(command), f"\n```text\n{_usage(name, arguments, options)}\n```"]
    if arguments:
        parts.append("\n" + table(("argument", "what it is"), [(f"`{_upper(it)}`", cell(it.help)) for it in arguments]))
    for panel, members in _panels(options).items():
        heading = f"\n**{panel}**\n" if panel else ""
        parts.append(heading + "\n" + table(("option", "default", "what it does"), [_row(it) for it in members]))
    return "\n".join(parts)


def _is_shown(option: Any) -> bool:
    return not option.hidden and option.name != "help"


def _panels(options: Sequence[Any]) -> dict[str, list[Any]]:
    """Options by the heading that `--help` shows them under, "" for none, in the order of the signature."""
    panels: dict[str, list[Any]] = {}
    for option in options:
        panels.setdefault(option.rich_help_panel or "", []).append(option)
    return panels


def _usage(name: str, arguments: Sequence[Any], options: Sequence[Any]) -> str:
    required = [f"{_names(it)[0]} ..." for it in options if it.required]
    words = [f"{_upper(it)}{' ...' if it.nargs == -1 else ''}" for it in arguments]
    others = ["[OPTION ...]"] if any(not it.required for it in options) else []
    return " ".join([name, *words, *required, *others])


def _upper(argument: Any) -> str:
    return str(argument.metavar or argument.name).upper()


def _names(option: Any) -> list[str]:
    return [*option.opts, *option.secondary_opts]


def _row(option: Any) -> tuple[str, str, str]:
    repeated = " (repeatable)" if option.multiple else ""
    return ", ".join(f"`{name}`" for name in _names(option)) + repeated, _default(option), cell(option.help)


def _default(option: Any) -> str:
    if option.required:
        return "required"
    value = option.default() if callable(option.default) else option.default
    if value in (None, "", (), []) or isinstance(value, bool):
        return "on" if value is True else ""
    return f"`{getattr(value, 'value', value)}`"


def _help(command: Any) -> str:
    text = re.sub(r"\[/?[a-z ]+\]", "", inspect.cleandoc(command.help or ""))  # rich's marks
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _summary(command: Any) -> str:
    return _help(command).partition("\n")[0]

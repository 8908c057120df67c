"""Frozen classes of options as commands: each field that `option` declares becomes an option of the command line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from inspect import Parameter, Signature
from typing import Annotated, Any, TypeVar, get_origin, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from maskloop.loop.options import Options
from maskloop.loop.options.declaration import Declared, declared_of, flag_of
from maskloop.loop.options.panels import PANELS

T = TypeVar("T")
NOTHING = ""
"""In place of the type of a flag, which takes no value."""


class _Sections:
    """Help with a heading above the options of each panel.

    Written by typer's own plain formatter: loading what draws boxes takes longer than all that a help text needs.
    """

    params: list[Any]

    def get_help_option(self, ctx: Any) -> Any:
        """The option `--help`, a flag as any other."""
        help_option = super().get_help_option(ctx)  # type: ignore[misc]
        if help_option is not None:
            help_option.metavar = NOTHING
        return help_option

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, panel by panel, those without one last."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):  # type: ignore[attr-defined]
            if record := param.get_help_record(ctx):
                heading = "Arguments" if param.param_type_name == "argument" else "Options"
                panels.setdefault(getattr(param, "rich_help_panel", None) or heading, []).append(record)
        for heading, records in panels.items():
            with formatter.section(heading):
                formatter.write_dl(records)


class Command(_Sections, TyperCommand):
    """A command with its options in sections."""


class Group(_Sections, TyperGroup):
    """A group of commands."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, and then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


@dataclass(frozen=True)
class Option:
    """One field of a class of options, with its type resolved."""

    field: Field[Any]
    type: Any

    @property
    def declared(self) -> Declared:
        """What stands beside the field."""
        return declared_of(self.field)

    def parameter(self, *, may_lack: bool = False) -> Parameter:
        """The parameter that typer makes an option of. Tuples are options that may be repeated.

        Args:
            may_lack: whether the command has it from elsewhere where it is not given, though it has no default.
        """
        repeated = get_origin(self.type) is tuple
        required = self.field.default is MISSING and not may_lack
        default = Parameter.empty if required else "" if self.field.default is MISSING else self.field.default
        hint = (list[str] if required else list[str] | None) if repeated else self.type
        names = [flag_of(self.field.name)] if self.type is bool else []  # and no --no-flag
        said = typer.Option(
            *names,
            help=self.declared.help,
            rich_help_panel=self.declared.panel,
            metavar=NOTHING if self.type is bool else "<str>" if repeated else None,
        )
        return Parameter(
            self.field.name,
            Parameter.KEYWORD_ONLY,
            default=None if repeated and not required else default,
            annotation=Annotated[hint, said],
        )

    def value(self, given: Any) -> Any:
        """What the field is given of what typer read."""
        return tuple(given or ()) if get_origin(self.type) is tuple else given


def options_in(options_class: type) -> dict[str, Option]:
    """The options of a frozen class, by name."""
    hints = get_type_hints(options_class)
    return {each.name: Option(each, hints[each.name]) for each in fields(options_class)}


def build(options_class: type[T], arguments: Mapping[str, Any]) -> T:
    """The options of one class among the arguments of a command.

    Raises:
        InvalidArgument: an option cannot be; says which.
    """
    options = options_in(options_class)
    return options_class(**{name: option.value(arguments[name]) for name, option in options.items()})


@dataclass(frozen=True)
class Arguments(Mapping[str, Any]):
    """The values of a command's options by name, and which of them were given on the command line."""

    values_by_name: Mapping[str, Any]
    given: frozenset[str]

    def __getitem__(self, name: str) -> Any:
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)


def add_command(
    app: typer.Typer,
    run: Callable[[Arguments], None],
    options: Iterable[Option],
    may_lack: Collection[str] = (),
    **settings: Any,
) -> None:
    """Make a command of these options, which calls `run` with their values by name; its help is run's docstring.

    Args:
        app: whose command it becomes.
        run: does the work.
        options: of the command.
        may_lack: those without a default that `run` asks for itself.
        settings: as typer has them.
    """
    in_order = sorted(options, key=lambda option: PANELS.index(option.declared.panel))
    by_name = {option.field.name: option for option in in_order}

    def command(context: typer.Context, **arguments: Any) -> None:
        arguments.pop("version")
        sources = {name: context.get_parameter_source(name) for name in arguments}
        given = frozenset(name for name, source in sources.items() if source and source.name == "COMMANDLINE")
        run(Arguments({name: by_name[name].value(value) for name, value in arguments.items()}, given))

    own = (option.parameter(may_lack=option.field.name in may_lack) for option in by_name.values())
    context = Parameter("context", Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [context, *own, _version_parameter()]
    command.__name__, command.__doc__ = run.__name__, run.__doc__
    vars(command)["__signature__"] = Signature(parameters)
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app.command(cls=Command, **settings)(command)


def version_option(program: str) -> Any:
    """The option `--version` of a program."""

    def say_version(asked: bool) -> None:
        if asked:
            from importlib.metadata import version  # takes a fifth of a help text's time

            typer.echo(f"{program} {version('maskloop')}")
            raise typer.Exit

    return typer.Option("--version", callback=say_version, is_eager=True, metavar=NOTHING, help="Say the version.")


def _version_parameter() -> Parameter:
    said = version_option("al-loop")
    return Parameter("version", Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, said])


ALONE = {flag_of(name): option.declared.alone for name, option in options_in(Options).items() if option.declared.alone}
"""What options mean that are given without a value, which typer knows nothing of."""


def spelt_out(words: Sequence[str]) -> list[str]:
    """The words of a command line, with the values of `ALONE` where an option stands alone: at the end or before
    another."""
    following = [*words, "-"][1:]
    return [
        f"{word}={ALONE[word]}" if word in ALONE and after.startswith("-") else word
        for word, after in zip(words, following, strict=True)
    ]

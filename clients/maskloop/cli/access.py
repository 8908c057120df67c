"""`maskloop token`, `whoami` and `audit`: who may do what on a server that a team shares, and who did what."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maskloop.address import Endpoint
from maskloop.cli.connection import reaches_server
from maskloop.cli.options import Command, Group
from maskloop.errors import FailedPrecondition, InvalidArgument
from maskloop.spelling import did_you_mean

if TYPE_CHECKING:
    from rich.console import Console

    from maskloop.client import Client
    from maskloop.values import AuditEntry, Role, Token

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, cls=Group)
HEALTH_CHECK_S = 3.0
"""How long a server may take to show that it is there."""
SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
CREATE_EXAMPLES = """\
Examples: maskloop token create ada --role annotator --project bridges --expires 30d;
maskloop token create lea --role lead --project bridges --out lea.token
"""
AUDIT_EXAMPLES = "Example: maskloop audit --project bridges --annotator ada"


@app.callback()
def program() -> None:
    """Make, list and withdraw tokens: what people and programs show a server that asks who they are."""


def create(
    name: Annotated[str, typer.Argument(help="Whose it is; an annotator's labels are signed with it.")],
    *,
    role: Annotated[str, typer.Option(help="What it allows: annotator, lead or admin.")],
    project: Annotated[
        list[str] | None, typer.Option(help="Id of a project that it is for. May be repeated.", metavar="<str>")
    ] = None,
    all_projects: Annotated[
        bool, typer.Option("--all-projects", help="For all projects, those to come too.", metavar="")
    ] = False,
    expires: Annotated[str, typer.Option(help="How long it lasts: 12h, 30d, 8w. By default until withdrawn.")] = "",
    out: Annotated[Path | None, typer.Option(help="A new file for it, that you alone can read.")] = None,
    endpoint: Endpoint,
) -> None:
    """Make a token, and print it: it is shown this once, and kept nowhere."""
    lifetime_s = _lifetime_s(expires)
    if bool(project) == all_projects:
        raise InvalidArgument("say what it is for: --project ID, or --all-projects", field="project")
    with _client(endpoint) as client, _new_file(out) as keep:
        made = client.create_token(name=name, role=_role(role), project_ids=project or (), lifetime_s=lifetime_s)
        keep(made.secret)
    if out is None:
        typer.echo(made.secret)
    where = "shown this once" if out is None else f"in {out}"
    typer.echo(f"Token {made.token.id} of {_say_token(made.token)}: {where}.", err=True)


def list_(
    *,
    project: Annotated[str, typer.Option(help="Only tokens of this project.")] = "",
    ended: Annotated[bool, typer.Option("--ended", help="Those too that ended.", metavar="")] = False,
    endpoint: Endpoint,
) -> None:
    """List tokens, newest first; what they are is not shown."""
    from rich.console import Console

    now = datetime.now(UTC)
    with _client(endpoint) as client:
        rows = [_token_row(each, now) for each in client.list_tokens(project_id=project, include_ended=ended)]
    headings = ("id", "name", "role", "projects", "made", "state")
    _show(Console(), headings, rows, "There is no such token.")


def withdraw(
    token: Annotated[str, typer.Argument(metavar="ID", help="Id of the token, as token list shows it.")],
    *,
    endpoint: Endpoint,
) -> None:
    """Make a token worthless, from the next call on."""
    with _client(endpoint) as client:
        typer.echo(f"Withdrawn: token {token} of {_say_token(client.withdraw_token(token_id=token))}.")


app.command(cls=Command, epilog=CREATE_EXAMPLES)(reaches_server(create))
app.command("list", cls=Command)(reaches_server(list_))
app.command(cls=Command)(reaches_server(withdraw))


def whoami(*, endpoint: Endpoint) -> None:
    """Say whom the server takes you for."""
    with _client(endpoint) as client:
        caller = client.get_caller()
    if caller.token_id:
        typer.echo(f"{caller.name}: {caller.role} {_say_projects(caller.project_ids)} (token {caller.token_id}).")
    else:
        typer.echo(f"Anybody: {endpoint.address} asks for no token.")


def audit(
    *,
    project: Annotated[str, typer.Option(help="Id of the project; all changes without it.")] = "",
    annotator: Annotated[str, typer.Option(help="Only under this name.")] = "",
    action: Annotated[str, typer.Option(help="Only by this method, such as SubmitLabels.")] = "",
    most: Annotated[int, typer.Option(min=1, help="So many at most.")] = 50,
    endpoint: Endpoint,
) -> None:
    """Show who labeled, corrected, trained, withdrew what and when, newest first."""
    from rich.console import Console

    with _client(endpoint) as client:
        entries = client.list_audit(project_id=project, annotator=annotator, action=action)
        rows = [_audit_row(each) for each in islice(entries, most)]
    headings = ("when", "who", "what", "project", "of", "number")
    _show(Console(), headings, rows, "There is no such change.")


def _client(endpoint: Endpoint) -> Client:
    from maskloop.client import Client, Retry  # what these import takes a second

    return Client.at(endpoint, retry=Retry(patience_s=HEALTH_CHECK_S))


@contextmanager
def _new_file(path: Path | None) -> Iterator[Callable[[str], None]]:
    """Writes a token to a new file that its owner alone can read; it is there before a token is made, and gone after a
    failure.

    Raises:
        FailedPrecondition: there is such a file already, or none can be made.
    """
    if path is None:
        yield lambda secret: None
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FailedPrecondition(f"{path} is there already; name a new file", field="out") from None
    except OSError as error:
        raise FailedPrecondition(f"cannot write {path}: {error.strerror}", field="out") from error
    try:
        with os.fdopen(descriptor, "w") as file:
            yield lambda secret: print(secret, file=file, flush=True)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _role(text: str) -> Role:
    from maskloop.values import Role

    if text not in list(Role):
        raise InvalidArgument(
            f"--role {text!r} is none of {', '.join(Role)}{did_you_mean(text, list(Role))}", field="role"
        )
    return Role(text)


def _lifetime_s(text: str) -> float | None:
    """Seconds; `None` for "".

    Raises:
        InvalidArgument: it is no time.
    """
    if not text:
        return None
    said = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip())
    if said is None or int(said[1]) == 0:
        raise InvalidArgument(f"--expires {text!r} is no time such as 12h, 30d or 8w", field="expires")
    return float(int(said[1]) * SECONDS[said[2]])


def _say_token(token: Token) -> str:
    until = "" if token.expires_at is None else f", until {_moment(token.expires_at)}"
    return f"{token.name}, {token.role} {_say_projects(token.project_ids)}{until}"


def _say_projects(ids: Sequence[str]) -> str:
    return f"of {', '.join(ids)}" if ids else "of all projects"


def _token_row(token: Token, now: datetime) -> tuple[str, ...]:
    if token.withdrawn_at is not None:
        state = f"withdrawn {_moment(token.withdrawn_at)}"
    elif token.expires_at is not None:
        state = f"{'until' if token.is_valid(now) else 'expired'} {_moment(token.expires_at)}"
    else:
        state = "valid"
    made = "" if token.created_at is None else _moment(token.created_at)
    return token.id, token.name, token.role, ", ".join(token.project_ids) or "all", made, state


def _audit_row(entry: AuditEntry) -> tuple[str, ...]:
    who = entry.name or "without a token"
    if entry.annotator and entry.annotator != entry.name:
        who = f"{who}, for {entry.annotator}"
    subjects = ", ".join(f"{kind} {id_}" for kind, id_ in entry.subjects.items())
    return _moment(entry.at), who, entry.action, entry.project_id, subjects, str(entry.count)


def _moment(at: datetime) -> str:
    """In the time of this machine, to the minute."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def _show(console: Console, headings: Sequence[str], rows: Iterable[Sequence[str]], nothing: str) -> None:
    """A table; every row on a line of its own where nobody looks at it, for other programs."""
    from rich.table import Table
    from rich.text import Text

    kept = list(rows)
    if not kept:
        console.print(nothing, highlight=False)
        return
    if not console.is_terminal:
        for row in kept:
            typer.echo("\t".join(row))
        return
    table = Table()
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in kept:
        table.add_row(*map(Text, row))
    console.print(table)

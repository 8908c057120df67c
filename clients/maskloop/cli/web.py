"""`maskloop web`: the page where people label, on a server's projects."""

from __future__ import annotations

import gc
import os
import shlex
import signal
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maskloop.address import DEFAULT_ADDRESS, DEFAULT_PAGE_PORT, Endpoint
from maskloop.cli.connection import PANEL, SERVER, TLS_CERT, TLS_KEY, TLS_ROOT

if TYPE_CHECKING:
    from maskloop.client import Client

PATIENCE_S = 5.0
"""How long a call to the server is repeated before a person is told that it is not there."""
EXAMPLES = """\
Examples: maskloop web --server 127.0.0.1:7443;
maskloop web --host 0.0.0.0 --token-file token.txt --tls-cert page.pem --tls-key page.key;
maskloop web --server labels.example:7443 --tls-root ca.pem --host 0.0.0.0 --tls-cert page.pem --tls-key page.key
"""


def web(  # noqa: PLR0917 - options, given by name
    server: Annotated[str, typer.Option(help=SERVER, rich_help_panel=PANEL)] = DEFAULT_ADDRESS,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Of the page; 0 takes a free one.")] = DEFAULT_PAGE_PORT,
    host: Annotated[
        str, typer.Option(help="Where the page listens; others than loopback need tokens: one, or the server's own.")
    ] = "127.0.0.1",
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with one token that all sign in by, 16 letters or more; for a server without tokens."),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate chain of the page.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM private key of the page.")] = None,
    tls_root: Annotated[Path | None, typer.Option(help=TLS_ROOT, rich_help_panel=PANEL)] = None,
    client_cert: Annotated[Path | None, typer.Option(help=TLS_CERT, rich_help_panel=PANEL)] = None,
    client_key: Annotated[Path | None, typer.Option(help=TLS_KEY, rich_help_panel=PANEL)] = None,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Let people's own tokens travel without TLS, to the page and on.", metavar=""),
    ] = False,
    open_: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Open a browser; without it, if there is a screen.")
    ] = None,
    exit_with_parent: Annotated[
        bool, typer.Option("--exit-with-parent", help="Stop when standard input closes.", metavar="")
    ] = False,
) -> None:
    """Serve the page where people label, in a browser, for a server's projects.

    Where the server asks for tokens, everybody signs in with their own, and may do there what it allows.
    """
    from maskloop.client import Client, Retry  # what these import takes a second
    from maskloop.web.app import build
    from maskloop.web.leading.events import ClientOf
    from maskloop.web.leading.routes import Lead
    from maskloop.web.people import OwnTokens, access_of
    from maskloop.web.serve import Place, Serving
    from maskloop.web.server_work import ServerWork
    from maskloop.web.threads import Threads
    from maskloop.web.work import WorkOf, for_everybody

    place = Place(host, port, tls_cert, tls_key)
    stopping = _stop_when_asked(exit_with_parent)
    endpoint = Endpoint(server, tls_root, client_cert, client_key, insecure=insecure)
    with Client.at(endpoint, retry=Retry(patience_s=PATIENCE_S)) as client:
        client.check_health()
        access = access_of(client, place, token_file, insecure=insecure)
        client_of: ClientOf = for_everybody(client)
        work_of: WorkOf = for_everybody(ServerWork(client))
        if isinstance(access, OwnTokens):
            client_of, work_of = access.client_of, access.work_of
        threads = Threads()
        lead = Lead(client_of, _write_report, threads)
        app = build(work_of, access, more_routes=lead.routes(), threads=threads)
        with closing(lead), Serving(app, place) as serving:
            typer.echo(f"Open {serving.url}")
            sys.stdout.flush()
            gc.freeze()  # what is loaded stays: a collection that looked through it would keep everybody waiting
            if open_ or (open_ is None and _has_screen()):
                typer.launch(serving.url)
            stopping.wait()


def _write_report(client: Client, project_id: str, campaign_id: str, folder: Path) -> None:
    """The same report as that of `maskloop report`."""
    from maskloop.loop.reporting.live_report import LiveProject  # imports what draws, which takes a second

    command = shlex.join(["maskloop", "report", project_id, "--campaign", campaign_id])
    LiveProject(client, project_id, campaign_id).write_report(folder, command)


def _stop_when_asked(with_parent: bool) -> threading.Event:
    """Set by Ctrl-C, SIGTERM and, if so asked, the end of standard input."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())

    def listen() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        stopping.set()

    if with_parent:
        threading.Thread(target=listen, name="parent", daemon=True).start()
    return stopping


def _has_screen() -> bool:
    """Whether somebody sits here who can see a browser."""
    screen = sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    return screen and sys.stdout.isatty()

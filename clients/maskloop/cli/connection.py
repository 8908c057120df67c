"""The options by which a command reaches a server: declared here, for every command that does."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from maskloop.address import DEFAULT_ADDRESS, TOKEN_FILE_VARIABLE, Endpoint

PANEL = "Server"
SERVER = "Address of the server: HOST:PORT or unix:PATH."
TLS_ROOT = "PEM file that vouches for the server's certificate."
TLS_CERT = "PEM certificate chain that is shown to a server that asks for one."
TLS_KEY = "PEM private key of that certificate."
TOKEN_FILE = f"File with your token; {TOKEN_FILE_VARIABLE} names it where not given."
INSECURE = "Send the token beyond this machine without TLS."


def reaches_server(command: Callable[..., None], *, started: str = "") -> Callable[..., None]:
    """A command with these options in place of its parameter `endpoint`.

    Args:
        command: takes an `Endpoint` by the name `endpoint`; `None` where it starts a server itself.
        started: says what is started where no address is given; "" where the usual address is meant.
    """

    def run(**given: Any) -> None:
        address, insecure = given.pop("server"), given.pop("insecure")
        files = {name: given.pop(name) for name in ("tls_root", "tls_cert", "tls_key", "token_file")}
        command(endpoint=Endpoint(address, **files, insecure=insecure).or_of() if address else None, **given)

    own = [each for each in signature(command, eval_str=True).parameters.values() if each.name != "endpoint"]
    parameters = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own]
    parameters += _options(f"{SERVER[:-1]}; {started}." if started else SERVER, "" if started else DEFAULT_ADDRESS)
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    vars(run)["__signature__"] = Signature(parameters)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _options(server: str, address: str) -> list[Parameter]:
    files = {"tls_root": TLS_ROOT, "tls_cert": TLS_CERT, "tls_key": TLS_KEY, "token_file": TOKEN_FILE}
    insecure = typer.Option("--insecure", help=INSECURE, rich_help_panel=PANEL, metavar="")
    return [
        _parameter("server", str, address, typer.Option(help=server, rich_help_panel=PANEL)),
        *(
            _parameter(name, Path | None, None, typer.Option(help=text, rich_help_panel=PANEL))
            for name, text in files.items()
        ),
        _parameter("insecure", bool, False, insecure),
    ]


def _parameter(name: str, kind: Any, default: object, said: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, said])

"""What the options of a run say of its server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maskloop.address import TOKEN_FILE_VARIABLE, Endpoint
from maskloop.errors import InvalidArgument, InvalidConfig
from maskloop.loop.options.declaration import option
from maskloop.loop.options.panels import RUN


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """The part of `Options` that says how a server is reached. A run keeps the names of the files, never a token."""

    server: str = option("", help="Address of a running server; one is started without it.", panel=RUN)
    tls_root: str = option("", help="PEM file that vouches for that server's certificate.", panel=RUN)
    tls_cert: str = option("", help="PEM certificate chain that is shown to a server that asks for one.", panel=RUN)
    tls_key: str = option("", help="PEM private key of that certificate.", panel=RUN)
    token_file: str = option(
        "", help=f"File with your token; {TOKEN_FILE_VARIABLE} names it where not given.", panel=RUN
    )
    insecure: bool = option(False, help="Send the token beyond this machine without TLS.", panel=RUN)

    def endpoint(self) -> Endpoint | None:
        """The running server; `None` where one is started.

        Raises:
            InvalidArgument: half a key pair, or files for a server that is not named.
        """
        names = ("tls_root", "tls_cert", "tls_key", "token_file")
        files = {name: Path(getattr(self, name)).expanduser() for name in names if getattr(self, name)}
        if not self.server:
            if files:
                flag = f"--{next(iter(files)).replace('_', '-')}"
                raise InvalidArgument(f"{flag} is for a running server: name it by --server", field="server")
            return None
        try:
            return Endpoint(self.server, **files, insecure=self.insecure).or_of()
        except InvalidConfig as error:
            raise InvalidArgument(error.message, field=error.field) from error


REACHING = frozenset({"tls_root", "tls_cert", "tls_key", "token_file", "insecure"})
"""How the server is reached, which is no part of what a run was asked to do."""

"""The server's log. It tells everything that callers are not told, but no password."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"
HIDDEN = "***"
SECRET_KEYS = ("password", "passwd", "secret", "sslpassword", "token", "key")


def begin_log(level: str, form: str, urls: Iterable[str]) -> None:
    """Write the log to standard error, without the passwords of these urls, in tracebacks too.

    Args:
        level: the least that is written.
        form: of a line, as `logging` has it.
        urls: may hold passwords; "" is none.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Hiding(form, secrets_of(urls)))
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("faiss").setLevel(logging.WARNING)  # it tells of every CPU feature that it looks for


def secrets_of(urls: Iterable[str]) -> tuple[str, ...]:
    """Passwords and keys of urls, as they are written and as they are meant; the longest first."""
    secrets: set[str] = set()
    for url in urls:
        try:
            parts = urlsplit(url)
            secrets |= {parts.password or ""}
            secrets |= {value for key, value in parse_qsl(parts.query) if key.lower().endswith(SECRET_KEYS)}
        except ValueError:  # whoever wants to use it tells that
            continue
    secrets |= {unquote(secret) for secret in secrets}
    return tuple(sorted(secrets - {""}, key=len, reverse=True))


def without(secrets: Iterable[str], text: str) -> str:
    """The text with each secret hidden."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


class _Hiding(logging.Formatter):
    def __init__(self, form: str, secrets: tuple[str, ...]) -> None:
        super().__init__(form)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return without(self._secrets, super().format(record))

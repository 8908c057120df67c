"""Urls of databases: which are taken. What is wrong with one is told without it, for it may hold a password."""

from __future__ import annotations

from sqlalchemy import URL, make_url

from maskloop.errors import InvalidConfig

DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg"}
FORMS = "sqlite:////FOLDER/FILE or postgresql://USER:PASSWORD@HOST/NAME"


def check_url(url: str, key: str) -> URL:
    """The url, with the driver that is installed.

    Args:
        url: SQLAlchemy's form.
        key: the configuration's name for it.

    Raises:
        InvalidConfig: it is unreadable, or of another kind of database or driver.
    """
    try:
        read = make_url(url)
    except Exception as error:
        raise InvalidConfig(f"{key} is not of the form {FORMS}", field=key) from error
    kind, _, driver = read.drivername.partition("+")
    if kind not in DRIVERS:
        raise InvalidConfig(f"{key} is of the kind {kind!r}; it must be {FORMS}", field=key)
    if driver not in ("", DRIVERS[kind]):
        raise InvalidConfig(f"{key} wants the driver {driver!r}; of {kind} it is {DRIVERS[kind]}", field=key)
    return read.set(drivername=f"{kind}+{DRIVERS[kind]}")


def shown(url: URL) -> str:
    """What an operator may read of it: an SQLite file's place, or database and host."""
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return f"{url.database} at {url.host or 'this machine'}"

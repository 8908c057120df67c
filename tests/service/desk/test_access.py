"""How long the desk goes by what it has looked up."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from maskloop.errors import Unauthenticated
from maskloop.values import Role
from service.artifacts.admin_token import AdminToken
from service.desk.access import AccessDesk
from service.desk.live_tokens import KNOWN_FOR_S
from service.store.tokens import withdraw_token


@pytest.fixture
def access(server, tmp_path):
    """The desk, a token's secret, and a count of seconds that tests set."""
    ticks, numbers = [100.0], itertools.count()
    desk = AccessDesk(
        database=server.database,
        admin=AdminToken(tmp_path / "admin.token"),
        clock=server.clock,
        new_id=lambda: f"token-{next(numbers)}",
        ticks=lambda: ticks[0],
    )
    made = desk.create_token(name="ann", role=Role.ANNOTATOR, project_ids=("p",), lifetime_s=60.0)
    return SimpleNamespace(desk=desk, secret=made.secret, id=made.token.id, ticks=ticks)


def test_a_token_that_is_known_is_not_looked_up_for_a_second(server, access):
    assert access.desk.recall(access.secret) is None
    token = access.desk.identify(access.secret)
    with server.database.write() as tx:
        withdraw_token(tx, access.id, server.clock())  # by somebody else than this desk
    access.ticks[0] += KNOWN_FOR_S - 0.01
    assert access.desk.recall(access.secret) == access.desk.identify(access.secret) == token
    access.ticks[0] += 0.01
    assert access.desk.recall(access.secret) is None
    with pytest.raises(Unauthenticated):
        access.desk.identify(access.secret)


def test_a_token_that_is_known_expires_at_its_time(server, access):
    access.desk.identify(access.secret)
    server.clock.forward(59.999)
    assert access.desk.recall(access.secret) is not None
    server.clock.forward(0.001)
    for ask in access.desk.recall, access.desk.identify:
        with pytest.raises(Unauthenticated):
            ask(access.secret)


def test_a_token_that_is_made_is_known_at_once(access):
    access.desk.identify(access.secret)
    secret = access.desk.create_token(name="bob", role=Role.ANNOTATOR, project_ids=("p",)).secret
    assert access.desk.identify(secret).name == "bob"


def test_a_reading_that_began_before_a_withdrawal_is_not_kept(server, access):
    read = server.database.read

    @contextmanager
    def overtaken():
        with read() as tx:
            yield tx
        access.desk.withdraw_token(token_id=access.id)

    access.desk._live._database = SimpleNamespace(read=overtaken)
    assert access.desk.identify(access.secret).id == access.id
    assert access.desk.recall(access.secret) is None
    with pytest.raises(Unauthenticated):
        access.desk.identify(access.secret)


def test_wrong_tokens_are_told_from_memory(server, access):
    """However many come at once, the database is read once a second."""
    reads = []
    read = server.database.read

    @contextmanager
    def counted():
        reads.append(1)
        with read() as tx:
            yield tx

    access.desk._live._database = SimpleNamespace(read=counted)

    def ask(number):
        with pytest.raises(Unauthenticated):
            access.desk.identify(f"mlp_{number}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(200)))
    assert access.desk.identify(access.secret).id == access.id
    assert len(reads) == 1
    access.ticks[0] += KNOWN_FOR_S
    ask(0)
    assert len(reads) == 2

"""How long the desk goes by what it has looked up."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from maskloop.errors import Unauthenticated
from maskloop.values import Role
from service.artifacts.admin_token import AdminToken
from service.desk.access import KNOWN_FOR_S, MOST_KNOWN, AccessDesk
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
    assert access.desk.recall(access.secret) is None
    with pytest.raises(Unauthenticated):
        access.desk.identify(access.secret)


def test_a_lookup_that_began_before_a_withdrawal_does_not_make_the_token_known_again(server, access):
    """The clock is asked after the row was read: there, somebody withdraws the token."""
    waiting = [lambda: access.desk.withdraw_token(token_id=access.id)]

    def clock():
        if waiting:
            waiting.pop()()
        return server.clock()

    access.desk._clock = clock
    assert access.desk.identify(access.secret).id == access.id
    assert access.desk.recall(access.secret) is None
    with pytest.raises(Unauthenticated):
        access.desk.identify(access.secret)


def test_what_is_known_takes_bounded_memory(access):
    token = access.desk.identify(access.secret)
    for number in range(MOST_KNOWN + 10):
        access.desk._learn(f"{number}", token, access.desk._changes, access.ticks[0])
    assert len(access.desk._known) == MOST_KNOWN


def test_wrong_secrets_are_not_remembered(access):
    for number in range(10):
        with pytest.raises(Unauthenticated):
            access.desk.identify(f"mlp_{number}")
    assert not access.desk._known

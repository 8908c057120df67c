"""Whoever sets the clock of a server's machine takes no lease away, and prolongs none."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from service.desk.campaigns.leases import MAX_LEASE_S
from service.store.clock import since_boot, steady_clock
from tests.service.desk.asking import books, ids, select, submit
from tests.service.desks import Server, full_draft

YEAR_S = 365 * 86_400.0
JUMPS = st.floats(-YEAR_S, YEAR_S)


def test_a_lease_given_while_the_clock_was_ahead_ends_after_its_length(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    server.clock.jump(YEAR_S)
    batch = select(server, lease_s=60.0)
    server.clock.jump(-YEAR_S)
    server.clock.forward(59.9)
    assert select(server, "bob").exhausted
    server.clock.forward(0.1)
    assert ids(select(server, "bob")) == ids(batch)


def test_after_a_restart_a_lease_of_a_clock_that_was_ahead_lasts_no_longer_than_the_longest(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    server.clock.jump(YEAR_S)
    ahead = server.restarted()
    batch = select(ahead, lease_s=60.0)
    ahead.clock.jump(-YEAR_S)
    later = ahead.restarted()
    assert later.campaigns.get_batch(project_id="p", batch_id=batch.id).expires_at == later.clock() + timedelta(
        seconds=MAX_LEASE_S
    )
    later.clock.forward(MAX_LEASE_S - 0.1)
    assert select(later, "bob").exhausted
    later.clock.forward(0.1)
    assert books(later) == (0.0, 0.0, 0, 0)
    assert ids(select(later, "bob")) == ids(batch)


def test_a_restart_leaves_leases_alone_that_may_be(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    batch = select(server, lease_s=MAX_LEASE_S)
    assert server.restarted().campaigns.get_batch(project_id="p", batch_id=batch.id) == batch


@settings(max_examples=25)
@given(
    lease_s=st.floats(1.0, MAX_LEASE_S),
    steps=st.lists(st.tuples(st.floats(0.0, 1.0), JUMPS), max_size=6),
    renew_after=st.integers(0, 6),
)
def test_within_a_server_s_life_a_lease_lasts_its_length_however_the_clock_jumps(
    lease_s: float, steps: list[tuple[float, float]], renew_after: int
) -> None:
    """Each step lets a share of what is left of the lease pass, and then sets the clock."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.create_project()
        server.import_pool(1)
        server.create_campaign(1000.0)
        batch = select(server, lease_s=lease_s)
        left_s = lease_s
        for number, (share, jump_s) in enumerate(steps):
            passed_s = min(share * left_s, left_s - 0.01)
            server.clock.forward(passed_s)
            left_s -= passed_s
            server.clock.jump(jump_s)
            assert ids(server.campaigns.get_batch(project_id="p", batch_id=batch.id)) == ids(batch)
            assert select(server, "bob").exhausted
            if number == renew_after:
                server.campaigns.renew_batch(project_id="p", batch_id=batch.id, annotator="ann", lease_s=lease_s)
                left_s = lease_s
        server.clock.forward(left_s + 0.01)
        assert books(server) == (0.0, 0.0, 0, 0)
        assert ids(server.campaigns.get_batch(project_id="p", batch_id=batch.id)) == []
        assert ids(select(server, "bob")) == ids(batch)
        server.database.close()


def test_a_label_under_a_lease_is_taken_after_a_jump_and_dated_by_the_time_of_day(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    batch = select(server, lease_s=60.0)
    server.clock.jump(YEAR_S)
    submit(server, batch, full_draft(ids(batch)[0], 1))
    (label,) = server.labels.list_labels(project_id="p").items
    assert label.created_at == server.clock()


def test_a_steady_clock_counts_seconds_that_never_go_back() -> None:
    now_s = [5.0]
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    clock = steady_clock(begun, lambda: now_s[0])
    assert clock() == begun
    now_s[0] += 90.5
    assert clock() == begun + timedelta(seconds=90.5)
    assert since_boot() <= since_boot()

"""Roles, tokens and callers."""

from datetime import UTC, datetime, timedelta

import pytest

from maskloop.errors import InvalidArgument
from maskloop.values import Caller, NewToken, Role, Token

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_each_role_allows_what_those_before_it_do():
    told = {(role, other) for role in Role for other in Role if role.includes(other)}
    above = {(Role.LEAD, Role.ANNOTATOR), (Role.ADMIN, Role.ANNOTATOR), (Role.ADMIN, Role.LEAD)}
    assert told == above | {(role, role) for role in Role}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 129}, "name"),
        ({"name": " ann"}, "name"),
        ({"name": "an\nn"}, "name"),
        ({"project_ids": ("P",)}, "project_ids"),
        ({"project_ids": ("",)}, "project_ids"),
        ({"project_ids": ("p", "p")}, "project_ids"),
        ({"project_ids": tuple(f"p{number}" for number in range(1001))}, "project_ids"),
    ],
)
def test_what_is_no_token_is_refused_by_its_field(options, field):
    with pytest.raises(InvalidArgument) as raised:
        Token(**{"id": "t", "name": "ann", "role": Role.ANNOTATOR, **options})
    assert raised.value.field == field


def test_a_token_ends_at_its_time_or_when_it_is_withdrawn():
    token = Token("t", "ann", Role.ANNOTATOR, expires_at=NOW)
    assert token.is_valid(NOW - timedelta(microseconds=1))
    assert not token.is_valid(NOW)
    assert not Token("t", "ann", Role.ANNOTATOR, withdrawn_at=NOW).is_valid(NOW - timedelta(days=1))
    assert Token("t", "ann", Role.ANNOTATOR).is_valid(NOW)


def test_no_project_named_means_all():
    assert Caller("", Role.ADMIN).may_see("any")
    assert Caller("ann", Role.LEAD, ("p", "q")).may_see("q")
    assert not Caller("ann", Role.ADMIN, ("p",)).may_see("q")


def test_a_secret_is_not_in_a_repr():
    assert "mlp_" not in repr(NewToken(Token("t", "ann", Role.LEAD), "mlp_secret"))

"""Tokens, callers and audit entries of every kind."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from maskloop.values import AuditEntry, Caller, NewToken, Role, Token

ids = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,9}[a-z0-9])?", fullmatch=True)
names = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20)
times = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
project_ids = st.lists(ids, max_size=3, unique=True).map(tuple)
tokens = st.builds(
    Token, ids, names, st.sampled_from(Role), project_ids, st.none() | times, ids, st.none() | times, st.none() | times
)
new_tokens = st.builds(NewToken, tokens, names)
callers = st.builds(Caller, names | st.just(""), st.sampled_from(Role), project_ids, ids, st.booleans())
entries = st.builds(
    AuditEntry,
    ids,
    times,
    ids,
    names,
    names,
    names,
    ids,
    st.dictionaries(ids, ids, max_size=3),
    st.integers(1, 2**40),
)

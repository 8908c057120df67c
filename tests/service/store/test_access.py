"""Tokens and the audit in the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maskloop.errors import Aborted, TokenNotFound
from maskloop.values import AuditEntry, Caller, Role, Token
from service.store import Database
from service.store.audit import CALLER, add_audit, add_audits, list_audit
from service.store.pagination import PageRequest
from service.store.tokens import get_token, insert_token, list_tokens, live_tokens, withdraw_token
from tests.service.store.rows import NOW

ANN = Token("t1", "ann", Role.ANNOTATOR, ("p", "q"), NOW, "maker", NOW + timedelta(days=1))
LEA = Token("t2", "lea", Role.LEAD, (), NOW)


def everybody(token: Token) -> bool:
    return True


def not_n0(token: Token) -> bool:
    return token.name != "n0"


def pages(read, size: int) -> list:
    """All items of a list, page by page."""
    items, after = [], ""
    while True:
        page = read(PageRequest.of(size, after))
        assert len(page.items) <= size
        items += page.items
        after = page.next_page_token
        if not after:
            return items


def test_tokens_are_found_by_their_digests_as_they_were_made(database: Database) -> None:
    with database.write() as tx:
        insert_token(tx, ANN, "a" * 64)
        insert_token(tx, LEA, "b" * 64)
    with database.read() as tx:
        live = live_tokens(tx, NOW, {})
        assert live == {"a" * 64: ANN, "b" * 64: LEA}
        assert live_tokens(tx, NOW + timedelta(days=1), live) == {"b" * 64: LEA}
        assert live_tokens(tx, NOW, {"a" * 64: ANN, "c" * 64: LEA}) == live
        assert get_token(tx, "t2", everybody) == LEA


def test_no_two_tokens_share_a_digest(database: Database) -> None:
    with database.write() as tx:
        insert_token(tx, ANN, "a" * 64)
    with pytest.raises(Aborted), database.write() as tx:
        insert_token(tx, LEA, "a" * 64)


def test_a_token_that_somebody_may_not_see_is_told_as_one_that_is_not_there(database: Database) -> None:
    with database.write() as tx:
        insert_token(tx, ANN, "a" * 64)
    told = []
    for token_id, may_see in (("t1", lambda token: False), ("t9", everybody)):
        with database.read() as tx, pytest.raises(TokenNotFound) as raised:
            get_token(tx, token_id, may_see)
        told.append(raised.value.message.replace(token_id, "ID"))
    assert told[0] == told[1]


def test_tokens_are_listed_newest_first_in_pages_of_those_who_may_see_them(database: Database) -> None:
    made = [Token(f"t{number}", f"n{number % 3}", Role.ANNOTATOR, (), NOW) for number in range(10)]
    with database.write() as tx:
        for number, token in enumerate(made):
            insert_token(tx, token, f"{number:064}")
    with database.read() as tx:
        for size in (1, 2, 3, 100):
            seen = pages(lambda page: list_tokens(tx, page, not_n0, NOW), size)
            assert [token.id for token in seen] == ["t8", "t7", "t5", "t4", "t2", "t1"]


def test_ended_tokens_are_left_out_unless_asked_for(database: Database) -> None:
    with database.write() as tx:
        insert_token(tx, ANN, "a" * 64)
        insert_token(tx, LEA, "b" * 64)
        withdraw_token(tx, "t2", NOW)
    with database.read() as tx:
        assert get_token(tx, "t2", everybody).withdrawn_at == NOW
        for now, listed in ((NOW, ["t1"]), (NOW + timedelta(days=1), [])):
            page = list_tokens(tx, PageRequest(), everybody, now)
            assert [token.id for token in page.items] == listed
        page = list_tokens(tx, PageRequest(), everybody, NOW, include_ended=True)
        assert [token.id for token in page.items] == ["t2", "t1"]


def test_an_entry_tells_who_called_and_what_was_changed(database: Database) -> None:
    CALLER.set(Caller("lea", Role.LEAD, (), "t2"))
    with database.write() as tx:
        add_audit(tx, NOW, "SkipImage", "p", annotator="ann", subjects={"image": "i0", "batch": ""}, count=3)
    with database.read() as tx:
        (entry,) = list_audit(tx, PageRequest()).items
    assert entry == AuditEntry(entry.id, NOW, "t2", "lea", "ann", "SkipImage", "p", {"image": "i0"}, 3)


def test_an_entry_of_a_transaction_that_is_rolled_back_is_none(database: Database) -> None:
    def write() -> None:
        with database.write() as tx:
            add_audit(tx, NOW, "SkipImage", "p")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    with database.read() as tx:
        assert list_audit(tx, PageRequest()).items == ()


def test_entries_are_listed_newest_first_by_project_name_and_action_in_pages(database: Database) -> None:
    with database.write() as tx:
        for number in range(6):
            CALLER.set(Caller("lea" if number % 2 else "ann", Role.LEAD, (), "t2"))
            project_id, action = "pq"[number // 3], ("TrainModel", "SkipImage", "SkipImage")[number % 3]
            add_audits(tx, NOW, action, project_id, annotator="bob", subjects=[{"image": f"{number}"}] * 2)
    with database.read() as tx:

        def listed(size: int = 100, **wish: str) -> list[str]:
            return [entry.subjects["image"] for entry in pages(lambda page: list_audit(tx, page, **wish), size)]

        assert listed() == [*"554433221100"]
        assert listed(size=5) == listed()
        assert listed(project_id="p") == [*"221100"]
        assert listed(annotator="ann") == [*"442200"]
        assert listed(annotator="bob") == listed()
        assert listed(action="TrainModel", size=1) == [*"3300"]
        assert listed(project_id="q", annotator="lea", action="SkipImage") == [*"55"]

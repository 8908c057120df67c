"""Rows of who changed what: added in the transaction of the change, by whoever is calling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.engine import Row

from maskloop.values import AuditEntry, Caller, Role
from service.store.database.database import Transaction
from service.store.pagination import Page, PageRequest
from service.store.tables import audit

NOBODY = Caller("", Role.ADMIN)
"""Whoever calls without a token, where none is required: they may do everything."""
CALLER: ContextVar[Caller] = ContextVar("caller", default=NOBODY)
"""Who is calling. The edge sets it for each call."""


def add_audit(
    tx: Transaction,
    now: datetime,
    action: str,
    project_id: str = "",
    *,
    annotator: str = "",
    subjects: Mapping[str, str] | None = None,
    count: int = 1,
) -> None:
    """Write down one change, in its transaction.

    Args:
        tx: the transaction of the change.
        now: when.
        action: the method, such as `SkipImage`.
        project_id: "" for what belongs to no project alone.
        annotator: under whose name it is done, "" where that is not said.
        subjects: ids of what is changed, by what it is; empty ids are left out.
        count: number of what is changed.
    """
    add_audits(tx, now, action, project_id, annotator=annotator, subjects=[subjects or {}], count=count)


def add_audits(
    tx: Transaction,
    now: datetime,
    action: str,
    project_id: str,
    *,
    annotator: str = "",
    subjects: Sequence[Mapping[str, str]],
    count: int = 1,
) -> None:
    """Write down several changes of one call, as `add_audit` does one."""
    caller = CALLER.get()
    entry = {
        "at": now,
        "token_id": caller.token_id,
        "name": caller.name,
        "annotator": annotator,
        "action": action,
        "project_id": project_id,
        "amount": count,
    }
    tx.execute(insert(audit), [{**entry, "subjects": _told(each)} for each in subjects])


def list_audit(
    tx: Transaction, page: PageRequest, *, project_id: str = "", annotator: str = "", action: str = ""
) -> Page[AuditEntry]:
    """Changes of a project ("" for all), newest first; of one annotator's or token's name, or by one method."""
    query = select(audit).order_by(audit.c.number.desc()).limit(page.size + 1)
    if project_id:
        query = query.where(audit.c.project_id == project_id)
    if annotator:
        query = query.where(or_(audit.c.annotator == annotator, audit.c.name == annotator))
    if action:
        query = query.where(audit.c.action == action)
    if page.after:
        query = query.where(audit.c.number < page.after_number)
    rows = tx.execute(query).all()
    return page.cut([_entry(row) for row in rows], [str(row.number) for row in rows])


def _told(subjects: Mapping[str, str]) -> dict[str, str]:
    return {name: subject for name, subject in subjects.items() if subject}


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        id=str(row.number),
        at=row.at,
        token_id=row.token_id,
        name=row.name,
        annotator=row.annotator,
        action=row.action,
        project_id=row.project_id,
        subjects=row.subjects,
        count=row.amount,
    )

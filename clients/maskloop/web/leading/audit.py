"""Who labeled, corrected, trained, withdrew what and when, as leads see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from maskloop.client import Client
from maskloop.values import AuditEntry


@dataclass(frozen=True)
class EntryDocument:
    """One change: when, in seconds since 1970; whose token was shown, "" without one; under whose name; the method; the
    ids of what was changed, by what it is; and how many."""

    id: str
    at: float
    name: str
    annotator: str
    action: str
    subjects: Mapping[str, str]
    count: int


def read_audit(client: Client, project_id: str, annotator: str, action: str, page: str) -> dict[str, object]:
    """A page of a project's changes, newest first; `next` is "" on the last.

    Args:
        client: of who asks.
        project_id: the project.
        annotator: only under this name, "" for all.
        action: only by this method, "" for all.
        page: `next` of the page before, "" for the first.

    Raises:
        PermissionDenied: the caller may not read it.
    """
    entries, following = client.read_audit_page(
        project_id=project_id, annotator=annotator, action=action, page_token=page
    )
    return {"entries": [asdict(entry_document(each)) for each in entries], "next": following}


def entry_document(entry: AuditEntry) -> EntryDocument:
    """A change in words and numbers."""
    return EntryDocument(
        entry.id, entry.at.timestamp(), entry.name, entry.annotator, entry.action, dict(entry.subjects), entry.count
    )

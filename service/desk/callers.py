"""What a use case asks of who is calling: whose things they may see, and what they may give to others."""

from __future__ import annotations

from collections.abc import Sequence

from maskloop.errors import PermissionDenied
from maskloop.values import Caller, Role
from service.store.audit import CALLER


def own_name() -> str:
    """The name of a caller who sees and changes only what is their own, as annotators do; "" for others."""
    caller = CALLER.get()
    return caller.name if caller.role is Role.ANNOTATOR else ""


def own_projects() -> tuple[str, ...]:
    """The projects that the caller may see; none for all."""
    return CALLER.get().project_ids


def check_sees(caller: Caller, project_id: str) -> None:
    """Refuse a project that is none of the caller's, in the same words whether or not it is there.

    Raises:
        PermissionDenied: it is none of theirs.
    """
    if not caller.may_see(project_id):
        raise PermissionDenied(f"this token is not for project {project_id!r}", field="project_id")


def check_sees_all(caller: Caller) -> None:
    """Refuse what is of all projects to a caller of some.

    Raises:
        PermissionDenied: they are of some.
    """
    if not caller.in_all_projects:
        raise PermissionDenied("this token is for some projects only; name one of them", field="project_id")


def governs(caller: Caller, role: Role, project_ids: Sequence[str]) -> bool:
    """Whether the caller may make, see and withdraw tokens of this role in these projects (none: in all)."""
    within = caller.in_all_projects or (bool(project_ids) and set(project_ids) <= set(caller.project_ids))
    return within and (caller.role is Role.ADMIN or (caller.role is Role.LEAD and role is Role.ANNOTATOR))


def check_governs(caller: Caller, role: Role, project_ids: Sequence[str]) -> None:
    """Refuse a token that the caller may not make.

    Raises:
        PermissionDenied: says whether it is by the role or by a project.
    """
    if not project_ids:
        check_sees_all(caller)
    for project_id in project_ids:
        check_sees(caller, project_id)
    if not governs(caller, role, project_ids):
        raise PermissionDenied(f"a caller of role {caller.role} makes no tokens of role {role}", field="role")

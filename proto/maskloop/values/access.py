"""Who may do what: roles, tokens without their secret, callers, and what was changed by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from maskloop.errors import InvalidArgument
from maskloop.values.projects import check_id

MOST_NAME = 128
"""Characters of a token's name, as of an annotator's."""
MOST_TOKEN_PROJECTS = 1000


class Role(StrEnum):
    """What a token allows, least first."""

    ANNOTATOR = "annotator"
    LEAD = "lead"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Whether it allows all that `other` does."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True)
class Token:
    """A token without its secret.

    Args:
        id: opaque.
        name: whose it is, 1 to 128 characters; what an annotator's labels are signed with.
        role: what it allows.
        project_ids: in which projects; none for all.
        created_at: when it was made.
        created_by: id of the token that made it, "" where none was needed.
        expires_at: from when on it is worthless, `None` for never.
        withdrawn_at: when it was withdrawn, `None` while it was not.

    Raises:
        InvalidArgument: a name or a project id that is none, a project twice, or too many.
    """

    id: str
    name: str
    role: Role
    project_ids: tuple[str, ...] = ()
    created_at: datetime | None = None
    created_by: str = ""
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MOST_NAME:
            raise InvalidArgument(
                f"a token's name has 1 to {MOST_NAME} characters; this one has {len(self.name)}", field="name"
            )
        if not self.name.isprintable() or self.name != self.name.strip():
            raise InvalidArgument(
                f"the token's name {self.name!r} begins or ends with a space, or holds what cannot be printed",
                field="name",
            )
        if len(self.project_ids) > MOST_TOKEN_PROJECTS:
            raise InvalidArgument(
                f"{len(self.project_ids)} projects; a token is for at most {MOST_TOKEN_PROJECTS}, or for all",
                field="project_ids",
            )
        for project_id in self.project_ids:
            check_id(project_id, "project_ids")
        if len(set(self.project_ids)) < len(self.project_ids):
            raise InvalidArgument("a project comes twice", field="project_ids")

    def is_valid(self, now: datetime) -> bool:
        """Whether it is neither withdrawn nor expired."""
        return self.withdrawn_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True)
class Caller:
    """Who is calling.

    Args:
        name: the token's, "" without one.
        role: what the caller may do.
        project_ids: in which projects; none for all.
        token_id: the token's, "" without one.
        tokens_required: whether the server requires tokens.
    """

    name: str
    role: Role
    project_ids: tuple[str, ...] = ()
    token_id: str = ""
    tokens_required: bool = False

    @property
    def in_all_projects(self) -> bool:
        """Whether the role is for all projects, those that come later too."""
        return not self.project_ids

    def may_see(self, project_id: str) -> bool:
        """Whether the role is for this project, if there is such a project."""
        return self.in_all_projects or project_id in self.project_ids


@dataclass(frozen=True)
class NewToken:
    """A token with its secret, which is told once."""

    token: Token
    secret: str = field(repr=False)


@dataclass(frozen=True)
class AuditEntry:
    """One change.

    Args:
        id: later changes have later ids.
        at: when.
        token_id, name: the token that was shown and its name, "" where none was needed.
        annotator: under whose name it was done, "" where that is not said.
        action: the method, such as `SubmitLabels`.
        project_id: "" for what belongs to no project alone.
        subjects: ids of what was changed, by what it is; `SUBJECTS` are all there are.
        count: number of what was changed, 1 or more.
    """

    id: str
    at: datetime
    token_id: str
    name: str
    annotator: str
    action: str
    project_id: str
    subjects: Mapping[str, str] = field(default_factory=dict)
    count: int = 1


SUBJECTS = (
    "campaign",
    "batch",
    "image",
    "label",
    "corrected",
    "model_version",
    "operation",
    "token",
)
"""What an audit entry's ids may be of; `corrected` is the label that another takes the place of."""

"""Tokens, who is calling, and what was changed by whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from maskloop import convert
from maskloop.client.verbs import Verbs
from maskloop.v1 import access_pb2 as pb
from maskloop.v1.access_pb2_grpc import AccessServiceStub
from maskloop.values import AuditEntry, Caller, NewToken, Role, Token

AUDIT_A_PAGE = 100


class AccessVerbs(Verbs):
    """`AccessService`."""

    def get_caller(self) -> Caller:
        """Who is calling, as the server takes this client.

        Raises:
            Unauthenticated: the server requires a token and was shown none, or one that is not valid.
        """
        method = self._stub(AccessServiceStub).GetCaller
        return convert.caller_from_message(self._wire.call(method, pb.GetCallerRequest()))

    def create_token(
        self,
        *,
        name: str,
        role: Role,
        project_ids: Sequence[str] = (),
        lifetime_s: float | None = None,
        request_id: str = "",
    ) -> NewToken:
        """Make a token. Its secret is told here, once, and kept nowhere.

        Args:
            name: whose it will be, 1 to 128 characters; an annotator's labels are signed with it.
            role: what it will allow.
            project_ids: in which projects; none for all.
            lifetime_s: how long it will last, 1 s to 10 years; `None` for until it is withdrawn.
            request_id: keeps a repeated call from making a second token.

        Raises:
            PermissionDenied: the caller may not make such a token.
            AlreadyExists: the request came twice, so that the answer with the secret was lost: withdraw the token
                that `details["token_id"]` names, and make another.
        """
        request = self._write(
            pb.CreateTokenRequest,
            request_id,
            name=name,
            role=role,
            project_ids=project_ids,
            lifetime_s=lifetime_s,
        )
        return convert.new_token_from_message(self._wire.call(self._stub(AccessServiceStub).CreateToken, request))

    def list_tokens(self, *, project_id: str = "", include_ended: bool = False) -> Iterator[Token]:
        """The tokens that the caller could have made, newest first: of a project, or "" for all.

        Args:
            project_id: the project; tokens of all projects are listed with it.
            include_ended: whether to list those that were withdrawn or have expired.
        """
        method = self._stub(AccessServiceStub).ListTokens
        pages = self._pages(method, pb.ListTokensRequest, project_id=project_id, include_ended=include_ended)
        return (convert.token_from_message(item) for page in pages for item in page.tokens)

    def withdraw_token(self, *, token_id: str) -> Token:
        """Make a token worthless from the next call on; one that is withdrawn already stays as it is.

        Raises:
            TokenNotFound: there is none of that id, or none that the caller may see.
        """
        request = pb.WithdrawTokenRequest(token_id=token_id)
        return convert.token_from_message(self._wire.call(self._stub(AccessServiceStub).WithdrawToken, request))

    def list_audit(self, *, project_id: str = "", annotator: str = "", action: str = "") -> Iterator[AuditEntry]:
        """What was changed, newest first; pages are asked for as they are needed.

        Args:
            project_id: of this project; "" for all, which only a caller of all projects may read.
            annotator: only under this annotator's name, or by tokens of this name; "" for all.
            action: only by this method, such as `SubmitLabels`; "" for all.

        Raises:
            PermissionDenied: the caller may not read it.
        """
        method, asked = self._stub(AccessServiceStub).ListAudit, {"annotator": annotator, "action": action}
        pages = self._pages(method, pb.ListAuditRequest, AUDIT_A_PAGE, project_id=project_id, **asked)
        return (convert.audit_entry_from_message(item) for page in pages for item in page.entries)

    def read_audit_page(
        self, *, project_id: str, annotator: str = "", action: str = "", page_token: str = ""
    ) -> tuple[tuple[AuditEntry, ...], str]:
        """One page of what was changed, and the token of the next, "" on the last; the rest is as in `list_audit`.

        Args:
            project_id, annotator, action: which changes.
            page_token: of the page, "" for the first.
        """
        request = convert.request(
            pb.ListAuditRequest,
            project_id=project_id,
            annotator=annotator,
            action=action,
            page_size=AUDIT_A_PAGE,
            page_token=page_token,
        )
        page = self._wire.call(self._stub(AccessServiceStub).ListAudit, request)
        return tuple(map(convert.audit_entry_from_message, page.entries)), str(page.next_page_token)

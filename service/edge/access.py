"""Who is calling, and whether they may: the interceptor that every call goes by.

A call is refused before its request is read where the token or the role tells; by its project once it is decoded.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from maskloop.convert import operation_id
from maskloop.errors import (
    ForeignName,
    InvalidArgument,
    OperationNotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from maskloop.values import Caller, Role
from service.desk.access import AccessDesk, caller_of
from service.desk.callers import check_sees, check_sees_all
from service.edge.limits.desk_threads import DeskThreads
from service.edge.operations import project_of_filter
from service.edge.rules import Reach, Rule, rule_for
from service.operations.operations import Operations
from service.store.audit import CALLER, NOBODY

HEADER, SCHEME = "authorization", "bearer"
OPEN = "grpc.health.v1.Health"
ANNOTATORS_MAY_NAME = ("", "random", "hard_ood")
LOOK_UPS = 4
MOST_FAILURES, FAILURES_WITHIN_S, MOST_PEERS = 20, 60.0, 1024
logger = logging.getLogger(__name__)


class AccessInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Finds out who is calling, and refuses what they may not do.

    Args:
        desk: knows the tokens.
        operations: knows of which project an operation is.
        threads: in which operations are looked up.
        required: whether a call without a token is refused; otherwise it may do everything.
        ticks: seconds that never go back.
    """

    def __init__(
        self,
        desk: AccessDesk,
        operations: Operations,
        threads: DeskThreads,
        *,
        required: bool,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._operations = operations
        self._threads = threads
        self._required = required
        self._look_ups = ThreadPoolExecutor(LOOK_UPS, thread_name_prefix="tokens")
        self._failures = Failures(ticks)

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Wrap the method that answers the call, or refuse it before its request is read."""
        handler = await continuation(details)
        service, _, method = details.method.removeprefix("/").rpartition("/")
        if handler is None or service == OPEN:
            return handler
        try:
            caller = await self._identify(details.invocation_metadata)
            rule = rule_for(caller, service, method)
        except Exception as error:
            return self._refusal(error)
        CALLER.set(caller)
        if handler.request_streaming:
            return handler
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(handler, rule, caller), handler.request_deserializer, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(handler, rule, caller), handler.request_deserializer, handler.response_serializer
        )

    def close(self) -> None:
        """Let lookups end."""
        self._look_ups.shutdown(wait=True, cancel_futures=True)

    def _unary(self, handler: Any, rule: Rule, caller: Caller) -> Any:
        async def answer(request: Any, context: Any) -> Any:
            await self._check(request, context, rule, caller)
            return await handler.unary_unary(request, context)

        return answer

    def _stream(self, handler: Any, rule: Rule, caller: Caller) -> Any:
        async def answer(request: Any, context: Any) -> Any:
            await self._check(request, context, rule, caller)
            async for message in handler.unary_stream(request, context):
                yield message

        return answer

    def _refusal(self, error: Exception) -> Any:
        """A method that raises, and reads no request: gRPC leaves that of a stream of requests to the method."""

        async def refuse(requests: object, context: Any) -> Any:
            if isinstance(error, Unauthenticated) and error.field:
                self._failures.note(_host(context.peer()))
            raise error

        return grpc.stream_unary_rpc_method_handler(refuse)

    async def _identify(self, metadata: Any) -> Caller:
        shown = [value for key, value in metadata or () if key == HEADER]
        if not shown:
            if self._required:
                raise Unauthenticated("this server asks for a token: authorization: Bearer TOKEN")
            return NOBODY
        scheme, _, secret = str(shown[0]).partition(" ")
        if len(shown) > 1 or scheme.lower() != SCHEME or not secret:
            raise Unauthenticated("the token is shown as authorization: Bearer TOKEN", field=HEADER)
        token = self._desk.recall(secret)
        if token is None:
            loop = asyncio.get_running_loop()
            token = await loop.run_in_executor(self._look_ups, self._desk.identify, secret)
        return caller_of(token, tokens_required=self._required)

    async def _check(self, request: Any, context: Any, rule: Rule, caller: Caller) -> None:
        if rule.signed:
            _sign(request, caller)
            _check_strategy(request, caller)
        if caller.in_all_projects or rule.reach is Reach.NONE:
            return
        if rule.reach is Reach.OPERATION:
            await self._check_operation(operation_id(request.name), context, caller)
            return
        project_id = project_of_filter(request.filter) if rule.reach is Reach.FILTER else request.project_id
        if project_id:
            check_sees(caller, project_id)
        elif rule.reach is Reach.PROJECT:
            raise InvalidArgument("project_id is required", field="project_id")
        elif rule.reach is not Reach.PROJECT_OR_OWN:
            check_sees_all(caller)

    async def _check_operation(self, asked: str, context: Any, caller: Caller) -> None:
        """The same words for an operation of another project as for one that is not there."""
        try:
            project_id = (await self._threads.call(context, self._operations.get_operation, asked)).project_id
        except OperationNotFound:
            project_id = ""
        if not caller.may_see(project_id):
            raise PermissionDenied(f"this token is not for the project of operation {asked!r}", field="name")


class Failures:
    """Wrong tokens, by the host that showed them. Tokens cannot be guessed: this slows tools that repeat a dead one.

    Args:
        ticks: seconds that never go back.
    """

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._at: OrderedDict[str, deque[float]] = OrderedDict()

    def note(self, host: str) -> None:
        """Remember a failure.

        Raises:
            ResourceExhausted: the host has failed too often lately.
        """
        now, at = self._ticks(), self._at.setdefault(host, deque())
        self._at.move_to_end(host)
        while len(self._at) > MOST_PEERS:
            self._at.popitem(last=False)
        while at and now - at[0] >= FAILURES_WITHIN_S:
            at.popleft()
        if len(at) >= MOST_FAILURES:
            delay_s = FAILURES_WITHIN_S - (now - at[0])
            raise ResourceExhausted("too many calls with a wrong token", retry_after_s=delay_s)
        at.append(now)
        logger.warning("a call from %s showed a token that is not valid", host)


def _sign(request: Any, caller: Caller) -> None:
    """Say who does it, where the request does not; an annotator names nobody else."""
    if request.annotator not in ("", caller.name) and caller.role is Role.ANNOTATOR:
        raise ForeignName(
            f"this token is {caller.name}'s, and the request names another; leave the name out", field="annotator"
        )
    request.annotator = request.annotator or caller.name


def _check_strategy(request: Any, caller: Caller) -> None:
    """An annotator is given what the campaign's strategy chooses, or chance; of candidates, what the only one does."""
    if caller.role is not Role.ANNOTATOR or "strategy" not in request.DESCRIPTOR.fields_by_name:
        return
    name = request.strategy.name
    if name not in ANNOTATORS_MAY_NAME:
        raise PermissionDenied(
            f"annotators choose by the campaign's strategy or by random, not by {name!r}; leave it out",
            field="strategy",
        )


def _host(peer: str) -> str:
    """`ipv4:10.0.0.1:5000` without the port, which changes with every connection."""
    return peer if peer.startswith("unix") else peer.rpartition(":")[0]

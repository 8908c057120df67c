"""The one place where errors become gRPC statuses: an interceptor around every method, streams included.

It also reads requests, after their admission, and passes on answers that are bytes already.

Left alone, gRPC would answer UNKNOWN and send the exception's text to the caller.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, NoReturn

import grpc

from maskloop.convert import error_to_status
from maskloop.errors import DeadlineExceeded, InternalError, MaskloopError
from service.edge.limits.admission import WATCH, Admission

TAKEN_WITHIN_S = 60.0
STATUS_DETAILS = "grpc-status-details-bin"  # where gRPC carries a google.rpc.Status
logger = logging.getLogger(__name__)


class ErrorInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Ends a failed call with the status, message and details of its error.

    An exception that is no `MaskloopError` is a fault of ours: it is logged under an incident id, and the caller is
    told the id only.

    Args:
        new_id: makes incident ids.
        admission: what calls must pass before their request is read.
    """

    def __init__(self, new_id: Callable[[], str], admission: Admission) -> None:
        self._new_id = new_id
        self._admission = admission

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Wrap the method that answers the call."""
        handler = await continuation(details)
        if handler is not None and handler.stream_unary is not None:
            return grpc.stream_unary_rpc_method_handler(self._refusal(handler, details.method))
        if handler is None or handler.request_streaming:
            return handler
        # To gRPC all requests are streams, of which one message is read: those of single messages it reads unasked.
        if details.method == WATCH:
            return grpc.stream_stream_rpc_method_handler(
                self._written(handler, details.method), None, handler.response_serializer
            )
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(self._stream(handler, details.method))
        return grpc.stream_unary_rpc_method_handler(self._unary(handler, details.method))

    def _refusal(self, handler: Any, method: str) -> Any:
        """What another interceptor refuses before the request is read. No method of ours takes a stream."""

        async def answer(requests: Any, context: Any) -> Any:
            async with self._guarded(context, method):
                return await handler.stream_unary(requests, context)

        return answer

    def _unary(self, handler: Any, method: str) -> Any:
        async def answer(_requests: Any, context: Any) -> bytes:
            async with self._guarded(context, method), self._admission.admitted(context, method, False) as arrival:
                request = await arrival.request(handler.request_deserializer)
                return _encoded(handler, await handler.unary_unary(request, context))
            raise AssertionError("errors end a call")

        return answer

    def _stream(self, handler: Any, method: str) -> Any:
        async def answer(_requests: Any, context: Any) -> None:
            async with self._guarded(context, method), self._admission.admitted(context, method, True) as arrival:
                request = await arrival.request(handler.request_deserializer)
                async with aclosing(handler.unary_stream(request, context)) as messages:
                    async for message in messages:
                        await _give(context, _encoded(handler, message))

        return answer

    def _written(self, handler: Any, method: str) -> Any:
        """Of a method that writes its answers to the context, as grpcio's health does."""

        async def answer(_requests: Any, context: Any) -> None:
            async with self._guarded(context, method), self._admission.admitted(context, method, False) as arrival:
                await handler.unary_stream(await arrival.request(handler.request_deserializer), context)

        return answer

    @asynccontextmanager
    async def _guarded(self, context: Any, method: str) -> Any:
        try:
            yield
        except MaskloopError as error:
            await _abort(context, error)
        except grpc.aio.AbortError:
            raise
        except NotImplementedError:  # of a method that grpcio leaves out of its health service
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "the server has no such method")
        except Exception:
            incident = self._new_id()
            logger.exception("incident %s in %s", incident, method)
            await _abort(context, InternalError(f"a fault of the server's; incident {incident}", incident=incident))


async def _give(context: Any, data: bytes) -> None:
    """Write a piece of a stream.

    Raises:
        DeadlineExceeded: the caller does not take it; others wait for its stream.
    """
    try:
        async with asyncio.timeout(TAKEN_WITHIN_S):
            await context.write(data)
    except TimeoutError as error:
        raise DeadlineExceeded(f"a piece of the stream was not taken within {TAKEN_WITHIN_S:g} s") from error


def _encoded(handler: Any, answer: Any) -> bytes:
    return answer if isinstance(answer, bytes) else bytes(handler.response_serializer(answer))


async def _abort(context: Any, error: MaskloopError) -> NoReturn:
    status = error_to_status(error)
    details = ((STATUS_DETAILS, status.SerializeToString()),)
    await context.abort(grpc.StatusCode[error.code], status.message, details)
    raise AssertionError("abort returned")

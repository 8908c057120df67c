"""The one place where errors become gRPC statuses: an interceptor around every method, streams included.

Left alone, gRPC would answer UNKNOWN and send the exception's text to the caller.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf.message import DecodeError

from maskloop.convert import error_to_status
from maskloop.errors import InternalError, InvalidArgument, MaskloopError

STATUS_DETAILS = "grpc-status-details-bin"  # where gRPC carries a google.rpc.Status
OURS = ("/maskloop.", "/google.longrunning.")  # health and reflection look after themselves
logger = logging.getLogger(__name__)


class ErrorInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Ends a failed call with the status, message and details of its error.

    An exception that is no `MaskloopError` is a fault of ours: it is logged under an incident id, and the caller is
    told the id only.

    Args:
        new_id: makes incident ids.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Wrap the method that answers the call."""
        handler = await continuation(details)
        if handler is None or not details.method.startswith(OURS):
            return handler
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(handler, details.method), None, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(handler, details.method), None, handler.response_serializer
        )

    def _unary(self, handler: Any, method: str) -> Any:
        async def answer(data: bytes, context: Any) -> Any:
            async with self._guarded(context, method):
                return await handler.unary_unary(_decode(handler, data), context)

        return answer

    def _stream(self, handler: Any, method: str) -> Any:
        async def answer(data: bytes, context: Any) -> Any:
            async with self._guarded(context, method):
                async for message in handler.unary_stream(_decode(handler, data), context):
                    yield message

        return answer

    @asynccontextmanager
    async def _guarded(self, context: Any, method: str) -> Any:
        try:
            yield
        except MaskloopError as error:
            await _abort(context, error)
        except grpc.aio.AbortError:
            raise
        except Exception:
            incident = self._new_id()
            logger.exception("incident %s in %s", incident, method)
            await _abort(context, InternalError(f"a fault of the server's; incident {incident}", incident=incident))


def _decode(handler: Any, data: bytes) -> Any:
    try:
        return handler.request_deserializer(data)
    except DecodeError as error:
        raise InvalidArgument("the request is no message of this method") from error


async def _abort(context: Any, error: MaskloopError) -> NoReturn:
    status = error_to_status(error)
    details = ((STATUS_DETAILS, status.SerializeToString()),)
    await context.abort(grpc.StatusCode[error.code], status.message, details)
    raise AssertionError("abort returned")

"""Requests to gRPC's own services, health and reflection, that are no messages: refused by name as all others are.

Left alone, gRPC would answer UNKNOWN and send the parser's text to the caller.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from maskloop.errors import InvalidArgument


class StandardServices(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Reads the requests of handlers that would leave it to gRPC; the project's own read theirs elsewhere."""

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Wrap the method that answers the call, where gRPC would read its requests."""
        handler = await continuation(details)
        if handler is None or handler.request_deserializer is None:
            return handler
        if handler.request_streaming:
            wrapped = grpc.stream_stream_rpc_method_handler(_many(handler), None, handler.response_serializer)
        elif handler.response_streaming:
            wrapped = grpc.unary_stream_rpc_method_handler(_one(handler), None, handler.response_serializer)
        else:
            wrapped = grpc.unary_unary_rpc_method_handler(_one(handler), None, handler.response_serializer)
        return wrapped


def _one(handler: Any) -> Any:
    answered_by = handler.unary_stream or handler.unary_unary  # health writes a stream's answers to the context

    async def answer(data: bytes, context: Any) -> Any:
        return await answered_by(await _read(handler, data, context), context)

    return answer


def _many(handler: Any) -> Any:
    async def answer(pieces: AsyncIterator[bytes], context: Any) -> AsyncIterator[Any]:
        requests = _read_all(handler, pieces, context)
        async for message in handler.stream_stream(requests, context):
            yield message

    return answer


async def _read_all(handler: Any, pieces: AsyncIterator[bytes], context: Any) -> AsyncIterator[Any]:
    async for data in pieces:
        yield await _read(handler, data, context)


async def _read(handler: Any, data: bytes, context: Any) -> Any:
    try:
        return handler.request_deserializer(data)
    except DecodeError:
        return await context.abort(grpc.StatusCode[InvalidArgument.code], "the request is no message of this method")

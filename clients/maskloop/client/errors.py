"""The one place where gRPC's errors become Maskloop's: by `ErrorInfo.reason`, by status code where there is none."""

from __future__ import annotations

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from maskloop.convert import error_from_status
from maskloop.errors import DeadlineExceeded, InternalError, MaskloopError, Unavailable

CUT = "Socket closed"
"""What gRPC says where the other side hung up, as one that speaks TLS does on hearing plaintext."""
_BY_CODE = {kind.code: kind for kind in MaskloopError.__subclasses__()}


def error_of(call: grpc.RpcError, address: str, timeout_s: float, *, is_plaintext: bool = False) -> MaskloopError:
    """The error a failed call stands for.

    A status with an `ErrorInfo` gives the class it names, as the server raised it. Any other (a proxy's, or that of a
    lost connection) gives the class of its code, and `InternalError` for codes that no class has; its message names
    the server, and what may help where a connection without TLS breaks at its first bytes.
    """
    status = rpc_status.from_call(call)
    if status is not None and any(detail.Is(ErrorInfo.DESCRIPTOR) for detail in status.details):
        return error_from_status(status)
    code, told = call.code().name, call.details() or "it does not say why"
    if code == Unavailable.code:
        hint = (
            "; if it speaks TLS, name the file that vouches for it, by --tls-root"
            if CUT in told and is_plaintext
            else ""
        )
        return Unavailable(f"the server at {address} cannot be reached: {told}{hint}")
    if code == DeadlineExceeded.code:
        return DeadlineExceeded(f"the server at {address} did not answer within {timeout_s:g} s")
    return _BY_CODE.get(code, InternalError)(f"the server at {address} answered {code}: {told}")

"""Every error arrives under its own name, and nothing of ours that was not meant for the caller does."""

from __future__ import annotations

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, QuotaFailure, RetryInfo
from grpc_status import rpc_status

from maskloop.errors import BudgetExhausted, MaskloopError, QueueFull, error_classes
from maskloop.v1 import projects_pb2 as pb
from maskloop.v1.projects_pb2_grpc import (
    ProjectServiceServicer,
    ProjectServiceStub,
    add_ProjectServiceServicer_to_server,
)
from service.config import load_config
from service.edge.errors import ErrorInterceptor
from service.edge.limits.admission import Admission
from tests.service.wire import Loop

ERRORS = {
    **{reason: kind("what is wrong", field="a.b", image_id="i1") for reason, kind in error_classes().items()},
    "full": QueueFull("come back", retry_after_s=1.5),
    "spent": BudgetExhausted("79 s cost, 3 s left", campaign_id="c1"),
    "long": QueueFull("ü" * 100_000, field="ü" * 100_000, retry_after_s=1.5, where="ü" * 100_000, what="x" * 100_000),
    "long spent": BudgetExhausted("ü" * 100_000, field="x" * 100_000, campaign_id="c1" * 100_000),
    "ours": ZeroDivisionError("the secret of the server"),
}


class Raising(ProjectServiceServicer):
    """Raises the error that the project id names; streams do so after their first piece."""

    async def GetProject(self, request, context):
        raise ERRORS[request.project_id]

    async def ReadImage(self, request, context):
        yield pb.ReadImageResponse(data=b"first")
        raise ERRORS[request.project_id]


@pytest.fixture(scope="module")
def channel():
    loop = Loop()

    async def start():
        server = grpc.aio.server(
            interceptors=[ErrorInterceptor(lambda: "incident-1", Admission(load_config(None, {})))]
        )
        add_ProjectServiceServicer_to_server(Raising(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, port

    server, port = loop.do(start())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as made:
        yield made
    loop.do(server.stop(0))
    loop.close()


def failure(call):
    with pytest.raises(grpc.RpcError) as raised:
        call()
    return raised.value


def of_unary(channel, name):
    return failure(lambda: ProjectServiceStub(channel).GetProject(pb.GetProjectRequest(project_id=name), timeout=10))


def of_stream(channel, name):
    request = pb.ReadImageRequest(project_id=name)
    return failure(lambda: list(ProjectServiceStub(channel).ReadImage(request, timeout=10)))


def detail(error, detail_class):
    found = detail_class()
    for packed in rpc_status.from_call(error).details:
        if packed.Unpack(found):
            return found
    return None


@pytest.mark.parametrize("call", [of_unary, of_stream])
@pytest.mark.parametrize("reason", error_classes())
def test_every_class_arrives_with_its_code_reason_and_details(channel, call, reason):
    error = call(channel, reason)
    assert error.code().name == error_classes()[reason].code
    assert error.details() == "what is wrong"
    info = detail(error, ErrorInfo)
    assert (info.reason, info.domain, dict(info.metadata)) == (reason, "maskloop", {"image_id": "i1"})
    assert detail(error, BadRequest).field_violations[0].field == "a.b"


def test_a_delay_and_a_quota_are_told(channel):
    retry = detail(of_unary(channel, "full"), RetryInfo).retry_delay
    assert (retry.seconds, retry.nanos) == (1, 500_000_000)
    assert detail(of_unary(channel, "spent"), QuotaFailure).violations[0].subject == "campaign:c1"


@pytest.mark.parametrize("call", [of_unary, of_stream])
def test_a_fault_of_ours_tells_an_incident_and_nothing_else(channel, call, caplog):
    error = call(channel, "ours")
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "incident-1" in error.details()
    assert "secret" not in str(rpc_status.from_call(error)) + error.details()
    assert "incident-1" in caplog.text
    assert "the secret of the server" in caplog.text


@pytest.mark.parametrize("name", ["long", "long spent"])
def test_a_message_of_any_length_arrives(channel, name):
    for _ in range(20):  # gRPC drops headers above 8 KiB at random
        error = of_unary(channel, name)
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert error.details().startswith("üüü")
        sent = ERRORS[name]
        assert isinstance(sent, MaskloopError)
        assert detail(error, ErrorInfo).reason == sent.reason


def test_bytes_that_are_no_message_are_the_caller_s_fault(channel):
    error = failure(lambda: channel.unary_unary("/maskloop.v1.ProjectService/GetProject")(b"\xff\xff", timeout=10))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_an_unknown_method_is_unimplemented(channel):
    error = failure(lambda: channel.unary_unary("/maskloop.v1.ProjectService/Nonsense")(b"", timeout=10))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED

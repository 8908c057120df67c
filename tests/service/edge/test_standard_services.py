"""gRPC's own services refuse what is no message by name, and answer as before otherwise."""

from __future__ import annotations

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

from tests.service.wire import Edge

REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
NO_MESSAGES = (b"\xff\xff\xff", b"\x0a\x02\xff\xfe", b"\x0a\x7f")


@pytest.fixture(scope="module")
def channel(tmp_path_factory):
    with Edge(tmp_path_factory.mktemp("edge")) as edge, grpc.insecure_channel(edge.address) as made:
        edge.loop.do(edge.edge.serve())
        yield made


@pytest.mark.parametrize("data", NO_MESSAGES)
@pytest.mark.parametrize("method", ["Check", "Watch", "List"])
def test_health_refuses_what_is_no_message(channel, method, data):
    if method == "List" and data[:1] == b"\x0a":
        data = b"\xff"  # it has no fields: any text is an unknown one
    call = channel.unary_stream if method == "Watch" else channel.unary_unary
    with pytest.raises(grpc.RpcError) as raised:
        next(call(f"/grpc.health.v1.Health/{method}")(data, timeout=20))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert raised.value.details() == "the request is no message of this method"


@pytest.mark.parametrize("data", NO_MESSAGES)
def test_reflection_refuses_what_is_no_message(channel, data):
    with pytest.raises(grpc.RpcError) as raised:
        list(channel.stream_stream(REFLECTION)(iter([data]), timeout=20))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_what_health_leaves_out_is_told_and_not_logged(channel, caplog):
    with pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary("/grpc.health.v1.Health/List")(b"", timeout=20)
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert caplog.records == []


def test_both_answer_as_before(channel):
    health = HealthStub(channel)
    asked = health_pb2.HealthCheckRequest(service="maskloop.v1.LabelService")
    assert health.Check(asked, timeout=20).status == health_pb2.HealthCheckResponse.SERVING
    watched = health.Watch(asked, timeout=20)
    assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
    watched.cancel()
    listed = ServerReflectionStub(channel).ServerReflectionInfo(
        iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=20
    )
    names = [service.name for service in next(listed).list_services_response.service]
    assert "maskloop.v1.LabelService" in names

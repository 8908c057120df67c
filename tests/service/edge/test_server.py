"""The real edge over real desks, in this process, on a real socket."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import threading

import grpc
import numpy as np
import pytest
from google.longrunning import operations_pb2, operations_pb2_grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from maskloop.client import Client
from maskloop.errors import FailedPrecondition, InvalidConfig, Unauthenticated
from maskloop.masks import Mask
from maskloop.v1 import access_pb2, campaigns_pb2, labels_pb2, models_pb2, projects_pb2, proposals_pb2
from maskloop.v1.projects_pb2_grpc import ProjectServiceStub
from maskloop.values import (
    Box,
    BoxesLabel,
    Budget,
    Category,
    FullLabel,
    ImageImport,
    LabelDraft,
    ObjectLabel,
    Split,
    Strategy,
    SupervisionKind,
)
from service.edge.server import SERVICES
from tests.service.wire import Edge

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
FILES = (access_pb2, projects_pb2, campaigns_pb2, labels_pb2, models_pb2, proposals_pb2)
METHODS = [
    method for file in FILES for service in file.DESCRIPTOR.services_by_name.values() for method in service.methods
]


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    with Edge(tmp_path_factory.mktemp("edge")) as made:
        made.loop.do(made.edge.serve())
        yield made


@pytest.fixture(scope="module")
def channel(edge):
    with grpc.insecure_channel(edge.address) as made:
        yield made


@pytest.fixture(scope="module")
def client(edge):
    with Client(edge.address) as made:
        made.create_project(project_id="p", categories=[Category(1, "crack")])
        picture = io.BytesIO()
        Picture.new("RGB", (8, 6)).save(picture, "PNG")
        made.import_images(project_id="p", images=[ImageImport("p", Split.POOL, data=picture.getvalue())])
        made.create_campaign(project_id="p", campaign_id="p", budget=Budget(seconds=1000), strategy=Strategy("random"))
        yield made


def health_of(channel, name):
    request = health_pb2.HealthCheckRequest(service=name)
    return health_pb2_grpc.HealthStub(channel).Check(request, timeout=10).status


def refused(call):
    with pytest.raises(grpc.RpcError) as raised:
        call()
    return raised.value


def test_health_says_not_serving_before_it_serves_and_while_it_stops(tmp_path):
    with Edge(tmp_path) as edge, grpc.insecure_channel(edge.address) as channel:
        assert {health_of(channel, name) for name in ("", *SERVICES)} == {NOT_SERVING}
        edge.loop.do(edge.edge.serve())
        assert {health_of(channel, name) for name in ("", *SERVICES)} == {SERVING}
        watching = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=20)
        assert next(watching).status == SERVING
        stopping = threading.Thread(target=lambda: edge.loop.do(edge.edge.stop()))
        stopping.start()
        assert next(watching).status == NOT_SERVING
        watching.cancel()
        stopping.join()


def test_reflection_names_every_service(channel):
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = stub.ServerReflectionInfo(iter([request]), timeout=10)
    named = {service.name for service in answer.list_services_response.service}
    assert named >= {*SERVICES, "grpc.health.v1.Health"}


def test_reflection_can_be_turned_off(tmp_path):
    with Edge(tmp_path, reflection=False) as edge, grpc.insecure_channel(edge.address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        error = refused(lambda: list(stub.ServerReflectionInfo(iter([request]), timeout=10)))
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED


TEXTS = st.sampled_from(
    ["", "p", "nobody", "A b", "a\0b", "x" * 300, "ü", "../etc", "operations/x", "{}", '{"name": 1}', "["]
)
NUMBERS = {
    "int32": st.sampled_from([0, 1, -1, 2**31 - 1, -(2**31)]),
    "int64": st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63)]),
    "double": st.sampled_from([0.0, 1.5, -1.0, float("nan"), float("inf"), 1e308]),
}


def value_of(field, depth):
    if field.message_type is not None:
        return messages(field.message_type._concrete_class, depth + 1)
    if field.enum_type is not None:
        return st.sampled_from([0, *(value.number for value in field.enum_type.values), 77])
    kinds = {
        field.TYPE_STRING: TEXTS,
        field.TYPE_BYTES: st.sampled_from([b"", b"\x89PNG", b"9", b"0" * 40, b"\xff"]),
        field.TYPE_BOOL: st.booleans(),
        field.TYPE_INT32: NUMBERS["int32"],
        field.TYPE_INT64: NUMBERS["int64"],
        field.TYPE_DOUBLE: NUMBERS["double"],
    }
    return kinds[field.type]


@st.composite
def messages(draw, message_class, depth=0):
    """Any message of a class, mostly wrong ones; deep parts are left out now and then."""
    made = {}
    for field in message_class.DESCRIPTOR.fields:
        if draw(st.integers(0, 3)) == 0:
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            key, value = (value_of(part, depth) for part in field.message_type.fields)
            made[field.name] = draw(st.dictionaries(key, value, max_size=2))
            continue
        values = value_of(field, depth)
        made[field.name] = draw(st.lists(values, max_size=2)) if field.is_repeated else draw(values)
    return message_class(**made)


def failure_of(channel, method, request: Message):
    path = f"/{method.containing_service.full_name}/{method.name}"
    kind = channel.unary_stream if method.server_streaming else channel.unary_unary
    send = kind(path, request_serializer=type(request).SerializeToString)
    try:
        answer = send(request, timeout=20)
        if method.server_streaming:
            list(answer)
    except grpc.RpcError as error:
        return error
    return None


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_request_is_answered_unknown_or_internal(channel, client, method, data):
    request = data.draw(messages(method.input_type._concrete_class))
    error = failure_of(channel, method, request)
    if error is not None:
        assert error.code() not in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL), error.details()
        assert any(found.Is(ErrorInfo.DESCRIPTOR) for found in rpc_status.from_call(error).details)


@pytest.mark.parametrize("name", ["", "x", "operations/", "operations/nobody", "operations/a\0b", "p/operations/x"])
@pytest.mark.parametrize("verb", ["GetOperation", "WaitOperation", "CancelOperation", "DeleteOperation"])
def test_operations_that_are_not_there_are_refused_by_name(channel, name, verb):
    stub = operations_pb2_grpc.OperationsStub(channel)
    request = getattr(operations_pb2, f"{verb}Request")(name=name)
    code = refused(lambda: getattr(stub, verb)(request, timeout=10)).code()
    assert code is (
        grpc.StatusCode.NOT_FOUND if "operations/" in name[:11] and name[11:] else grpc.StatusCode.INVALID_ARGUMENT
    )


def test_operations_are_listed_by_project_and_no_other_filter(channel, client):
    stub = operations_pb2_grpc.OperationsStub(channel)
    listed = stub.ListOperations(operations_pb2.ListOperationsRequest(filter="project_id=p"), timeout=10)
    assert list(listed.operations) == []
    request = operations_pb2.ListOperationsRequest(filter="done=true")
    assert refused(lambda: stub.ListOperations(request, timeout=10)).code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_message_beyond_the_limit_is_refused(tmp_path):
    with Edge(tmp_path, max_message_bytes=1024 * 1024) as edge, grpc.insecure_channel(edge.address) as channel:
        request = projects_pb2.CreateProjectRequest(project_id="x" * (2 * 1024 * 1024))
        error = refused(lambda: ProjectServiceStub(channel).CreateProject(request, timeout=10))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_more_calls_than_may_wait_are_told_to_come_back(tmp_path):
    with Edge(tmp_path, desk_threads=1, waiting_calls=0) as edge, grpc.insecure_channel(edge.address) as channel:
        stub = ProjectServiceStub(channel)
        calls = [stub.ListProjects.future(projects_pb2.ListProjectsRequest(), timeout=20) for _ in range(200)]
        errors = [call.exception() for call in calls]
        turned_away = [error for error in errors if error is not None]
        assert None in errors
        assert turned_away
        assert {error.code() for error in turned_away} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        retry = RetryInfo()
        assert any(found.Unpack(retry) for found in rpc_status.from_call(turned_away[0]).details)
        assert retry.retry_delay.ToMilliseconds() > 0


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "example.org:1", "10.0.0.1:0"])
def test_plaintext_beyond_loopback_is_refused(tmp_path, address):
    with pytest.raises(InvalidConfig, match="beyond loopback"):
        Edge(tmp_path, address=address)


def test_plaintext_beyond_loopback_is_spoken_when_asked_for(tmp_path):
    with Edge(tmp_path, address="0.0.0.0:0", insecure=True) as edge:
        port = edge.address.rpartition(":")[2]
        with Client(f"127.0.0.1:{port}") as client, pytest.raises(Unauthenticated, match="asks for a token"):
            next(client.list_projects())


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:0", "[::1]:0", "unix:{folder}/s.sock"])
def test_loopback_needs_no_certificate(tmp_path, address):
    if "::1" in address and not _has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    with Edge(tmp_path, address=address.format(folder=tmp_path)) as edge, Client(edge.address) as client:
        assert list(client.list_projects()) == []


def _has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_a_busy_port_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(FailedPrecondition, match=f"cannot listen on 127.0.0.1:{port}: the port is busy"):
            Edge(tmp_path, address=f"127.0.0.1:{port}")


def test_a_socket_that_another_server_answers_is_not_taken_from_it(tmp_path):
    address = f"unix:{tmp_path}/s.sock"
    with Edge(tmp_path / "a", address=address), pytest.raises(FailedPrecondition, match="another server does"):
        Edge(tmp_path / "b", address=address)


def test_tls_serves_those_who_trust_it_and_nobody_else(tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    subprocess.run([*command, *names, "-keyout", key, "-out", cert], check=True, capture_output=True)
    with Edge(tmp_path, address="0.0.0.0:0", tls_key=key, tls_cert=cert) as edge:
        port = edge.address.rpartition(":")[2]
        with Client(f"localhost:{port}", tls_root=cert) as client, pytest.raises(Unauthenticated):
            next(client.list_projects())
        with grpc.insecure_channel(f"localhost:{port}") as channel:
            stub = ProjectServiceStub(channel)
            error = refused(lambda: stub.ListProjects(projects_pb2.ListProjectsRequest(), timeout=5))
            assert error.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("given", [{"tls_cert": "cert.pem"}, {"tls_cert": "cert.pem", "tls_key": "key.pem"}])
def test_a_certificate_that_cannot_be_used_is_named(tmp_path, given):
    with pytest.raises(InvalidConfig, match=r"tls_cert|cert\.pem|key\.pem"):
        Edge(tmp_path, **{key: tmp_path / name for key, name in given.items()})


def test_every_method_of_the_wire_has_code(edge):
    for method in METHODS:
        name = method.containing_service.name.removesuffix("Service")
        modules = {"Project": "projects", "Campaign": "campaigns", "Label": "labels", "Model": "models"}
        modules |= {"Proposal": "proposals", "Access": "tokens"}
        module = __import__(f"service.edge.{modules[name]}", fromlist=["x"])
        assert method.name in vars(getattr(module, f"{name}Servicer"))


def test_a_recipe_is_read_with_its_options_replaced(client):
    found = client.resolve_recipe(recipe="paper", overrides={"image_size": 96, "iterations": 7})
    assert (found["name"], found["encoder"], found["image_size"]) == ("paper", "resnet101", 96)
    assert (found["min_iterations"], found["max_iterations"]) == (7, 7)
    assert client.resolve_recipe()["name"] == "pretrained"


@pytest.mark.parametrize("asked", [{"recipe": "magic"}, {"overrides": {"depth": 3}}, {"overrides": {"batch": 0}}])
def test_a_recipe_that_cannot_be_is_refused(client, asked):
    with pytest.raises(InvalidConfig):
        client.resolve_recipe(**asked)


def test_boxes_and_crowds_cross_the_wire_and_leave_as_coco(client):
    client.create_project(project_id="boxed", categories=[Category(1, "crack")])
    picture = io.BytesIO()
    Picture.new("RGB", (8, 6)).save(picture, "PNG")
    brought = BoxesLabel((Box(1, 0.25, 1, 2.5, 3),))
    taken = ImageImport("a.png", Split.POOL, data=picture.getvalue(), boxes=brought.boxes)
    (image,) = client.import_images(project_id="boxed", images=[taken])
    (before,) = client.list_labels(project_id="boxed", kind=SupervisionKind.BOXES)
    assert before.content == brought
    crowd = FullLabel((ObjectLabel(1, Mask.from_array(np.ones((6, 8), bool)), crowd=True),))
    drafts = [LabelDraft(image.id, BoxesLabel(), supersedes=before.id)]
    client.submit_labels(project_id="boxed", annotator="ann", labels=drafts)
    client.submit_labels(project_id="boxed", annotator="ann", labels=[LabelDraft(image.id, crowd)])
    (boxes,) = client.list_labels(project_id="boxed", kind=SupervisionKind.BOXES)
    (full,) = client.list_labels(project_id="boxed", kind=SupervisionKind.FULL)
    assert (boxes.content, full.content) == (BoxesLabel(), crowd)
    exported = [json.loads(client.export_labels(project_id="boxed", kind=kind)) for kind in (boxes.kind, full.kind)]
    assert [len(document["images"]) for document in exported] == [1, 1]
    assert [[one["iscrowd"] for one in document["annotations"]] for document in exported] == [[], [1]]

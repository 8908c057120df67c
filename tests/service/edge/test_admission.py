"""What a call passes before the server takes memory for it, over a real socket."""

from __future__ import annotations

import asyncio
import io
import threading
import time

import grpc
import numpy as np
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from PIL import Image as Picture

from maskloop.convert.parts import MOST_PARTS
from maskloop.errors import DeadlineExceeded, QueueFull
from maskloop.v1 import labels_pb2, masks_pb2, projects_pb2
from maskloop.v1.labels_pb2_grpc import LabelServiceStub
from maskloop.v1.projects_pb2_grpc import ProjectServiceStub
from maskloop.values import Category, ImageImport, Split
from service.edge import errors
from service.edge.limits import admission
from service.edge.limits.clients import client_of
from service.edge.limits.desk_threads import DeskThreads
from tests.service.wire import Edge

MIB = 1024 * 1024
EMPTY = projects_pb2.ListProjectsRequest()
PATH = "/maskloop.v1.ProjectService/ListProjects"
SUBMIT = "/maskloop.v1.LabelService/SubmitLabels"


def connection(edge):
    return grpc.insecure_channel(edge.address, options=[("grpc.use_local_subchannel_pool", 1)])


def listed(channel, timeout=20):
    return ProjectServiceStub(channel).ListProjects(EMPTY, timeout=timeout)


def refused(call):
    with pytest.raises(grpc.RpcError) as raised:
        call()
    return raised.value


def delay_of(error):
    retry = RetryInfo()
    assert any(detail.Unpack(retry) for detail in rpc_status.from_call(error).details)
    return retry.retry_delay.ToTimedelta().total_seconds()


class Silent:
    """A call that sends no request until it is told to."""

    def __init__(self, channel, path=PATH):
        self._sends = threading.Event()
        self.call = channel.stream_unary(path).future(self._requests(), timeout=30)

    def _requests(self):
        self._sends.wait(30)
        yield EMPTY.SerializeToString()

    def go(self):
        self._sends.set()

    def send(self):
        self.go()
        return self.call.result()


def refusal_of(channel, timeout=20):
    try:
        listed(channel, timeout)
    except grpc.RpcError as error:
        return error
    return None


def until(look, within_s=10):
    """What `look` sees, once that is something."""
    end = time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return seen


def test_a_client_s_calls_are_bounded_and_others_are_served(tmp_path):
    with Edge(tmp_path, client_calls=4) as edge, connection(edge) as greedy, connection(edge) as other:
        silent = [Silent(greedy) for _ in range(4)]
        # no more streams than calls: once four are open, the transport keeps the fifth at the client
        assert until(lambda: refusal_of(greedy, timeout=0.5)).code() is grpc.StatusCode.DEADLINE_EXCEEDED
        listed(other)
        for each in silent:
            each.send()
        listed(greedy)


def test_calls_are_bounded_in_all_and_health_is_told_beyond_them(tmp_path):
    with Edge(tmp_path, open_calls=4) as edge, connection(edge) as greedy, connection(edge) as other:
        calls = [Silent(greedy) for _ in range(5)]
        one_too_many = until(lambda: next((each for each in calls if each.call.done()), None))
        silent = [each for each in calls if each is not one_too_many]
        error = refused(lambda: listed(other))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert delay_of(error) > 0
        for each in silent:
            each.send()
        listed(other)


def test_a_request_that_does_not_come_keeps_others_of_its_client_waiting_and_nobody_else(tmp_path):
    """Of 4 MiB a half is for small requests, of which a client has a half: one request of 1 MiB at a time."""
    limits = {"max_message_bytes": MIB, "open_bytes": 4 * MIB}
    with Edge(tmp_path, **limits) as edge, connection(edge) as slow, connection(edge) as other:
        silent = Silent(slow)
        until(lambda: _waits(slow))
        listed(other)
        silent.send()
        listed(slow)


def test_slow_health_checks_keep_nobody_waiting(tmp_path):
    """Whoever has no token may send them: of 4 MiB one silent request of another method takes all that a client has."""
    limits = {"max_message_bytes": MIB, "open_bytes": 4 * MIB}
    with Edge(tmp_path, **limits) as edge, connection(edge) as slow:
        silent = [Silent(slow, "/grpc.health.v1.Health/Check") for _ in range(12)]
        for _ in range(20):
            listed(slow, timeout=2)
            time.sleep(0.02)
        for each in silent:  # those beyond eight at a time are begun when others have ended
            assert refused(each.call.result).code() is grpc.StatusCode.DEADLINE_EXCEEDED
        health_pb2_grpc.HealthStub(slow).Check(health_pb2.HealthCheckRequest(), timeout=5)


def test_a_stream_that_is_not_taken_ends_and_another_takes_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr(errors, "TAKEN_WITHIN_S", 2.0)
    with Edge(tmp_path, open_streams=2, max_image_bytes=32 * MIB) as edge, connection(edge) as slow:
        desks = edge.desks
        desks.projects.create_project(project_id="p", categories=[Category(1, "crack")])
        noise = np.random.default_rng(0).integers(0, 255, (2000, 2000, 3), dtype=np.uint8)
        file = io.BytesIO()
        Picture.fromarray(noise).save(file, "PNG")
        imports = [ImageImport("a.png", Split.POOL, data=file.getvalue())]
        (image,) = desks.projects.import_images(project_id="p", images=imports)
        read = ProjectServiceStub(slow).ReadImage
        asked = projects_pb2.ReadImageRequest(project_id="p", image_id=image.id)
        stalled = read(asked, timeout=30)
        next(stalled)
        data = b"".join(piece.data for piece in read(asked, timeout=25))  # one stream is one client's share
        assert data == file.getvalue()
        with pytest.raises(grpc.RpcError) as ended:
            list(stalled)
        assert ended.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_slow_large_requests_keep_no_small_ones_waiting(tmp_path):
    limits = {"max_message_bytes": MIB, "open_bytes": 4 * MIB}
    with Edge(tmp_path, **limits) as edge, connection(edge) as slow:
        silent = [Silent(slow, SUBMIT) for _ in range(3)]
        for _ in range(5):
            listed(slow)
        for each in silent:  # nobody knows which of them the server reads first
            each.go()
        for each in silent:
            assert refused(each.call.result).code() is grpc.StatusCode.INVALID_ARGUMENT


def _waits(channel):
    try:
        listed(channel, timeout=0.3)
    except grpc.RpcError as error:
        return error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    return False


def test_a_request_that_never_comes_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(admission, "ARRIVES_WITHIN_S", {False: 0.2, True: 0.2})
    with Edge(tmp_path) as edge, connection(edge) as channel:
        error = refused(Silent(channel).call.result)
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert "had not arrived" in error.details()


def test_a_call_without_a_request_is_refused(tmp_path):
    with Edge(tmp_path) as edge, connection(edge) as channel:
        error = refused(lambda: channel.stream_unary(PATH)(iter(()), timeout=10))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_small_methods_take_small_requests(tmp_path):
    with Edge(tmp_path) as edge, connection(edge) as channel:
        request = projects_pb2.GetProjectRequest(project_id="x" * (MIB + 1))
        error = refused(lambda: ProjectServiceStub(channel).GetProject(request, timeout=10))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "at most 1,048,576" in error.details()
        health = health_pb2_grpc.HealthStub(channel)
        big = health_pb2.HealthCheckRequest(service="x" * (MIB + 1))
        assert refused(lambda: health.Check(big, timeout=10)).code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_request_of_a_million_empty_parts_is_refused_before_it_is_decoded(tmp_path):
    objects = masks_pb2.ObjectMasks.FromString(b"\x0a\x00" * (MOST_PARTS + 1))
    draft = labels_pb2.LabelDraft(image_id="i", full=objects)
    request = labels_pb2.SubmitLabelsRequest(project_id="p", annotator="ann", labels=[draft])
    with Edge(tmp_path) as edge, connection(edge) as channel:
        error = refused(lambda: LabelServiceStub(channel).SubmitLabels(request, timeout=20))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "more than 1,000,000 parts" in error.details()


class Calling:
    """What threads ask of a call."""

    def __init__(self, peer, seconds=None):
        self._peer = peer
        self._seconds = seconds

    def peer(self):
        return self._peer

    def time_remaining(self):
        return self._seconds


def test_one_client_keeps_not_all_threads_busy():
    async def tried():
        threads, over = DeskThreads(4, 100), threading.Event()
        try:
            long = [asyncio.create_task(threads.call(Calling("ipv4:10.0.0.1:7"), over.wait, 20)) for _ in range(10)]
            await asyncio.sleep(0.1)
            assert await asyncio.wait_for(threads.call(Calling("ipv4:10.0.0.2:7"), int, "7"), 5) == 7
        finally:
            over.set()
            await asyncio.gather(*long)
            threads.close()

    asyncio.run(tried())


def test_large_work_leaves_threads_to_others_and_one_client_has_a_part_of_it():
    async def tried():
        threads, over, begun = DeskThreads(6, 100), threading.Event(), []

        def work(who):
            begun.append(who)
            over.wait(20)

        clients = ("10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3")
        try:
            heavy = [asyncio.create_task(threads.call_heavy(Calling(f"ipv4:{each}:7"), work, each)) for each in clients]
            await asyncio.sleep(0.2)
            assert sorted(begun) == ["10.0.0.1", "10.0.0.2"]
            assert await asyncio.wait_for(threads.call(Calling("ipv4:10.0.0.1:8"), int, "7"), 5) == 7
        finally:
            over.set()
            await asyncio.gather(*heavy)
            threads.close()
        assert sorted(begun) == sorted(clients)

    asyncio.run(tried())


def test_what_came_as_many_bytes_and_exports_are_large_work(tmp_path, monkeypatch):
    heavy = []

    async def call_heavy(threads, context, verb, *args):
        heavy.append(1)
        return await threads.call(context, verb, *args)

    monkeypatch.setattr(DeskThreads, "call_heavy", call_heavy)
    with Edge(tmp_path) as edge, connection(edge) as channel:
        submit = LabelServiceStub(channel).SubmitLabels
        for size, found in ((10, 0), (2 * MIB, 1)):
            request = labels_pb2.SubmitLabelsRequest(project_id="p", annotator="a" * size)
            assert refused(lambda request=request: submit(request, timeout=20)).code() in (
                grpc.StatusCode.INVALID_ARGUMENT,
                grpc.StatusCode.NOT_FOUND,
            )
            assert len(heavy) == found
        export = LabelServiceStub(channel).ExportLabels(labels_pb2.ExportLabelsRequest(project_id="p"), timeout=20)
        assert refused(lambda: list(export)).code() is grpc.StatusCode.NOT_FOUND
        assert len(heavy) == 2


def test_a_call_that_is_given_up_counts_as_long_as_it_works():
    async def tried():
        threads, over = DeskThreads(1, 0), threading.Event()
        try:
            gone = asyncio.create_task(threads.call(Calling("unix:"), over.wait, 20))
            await asyncio.sleep(0.1)
            gone.cancel()
            await asyncio.sleep(0)
            with pytest.raises(QueueFull):
                await threads.call(Calling("unix:"), int, "7")
        finally:
            over.set()
        for _ in range(100):
            await asyncio.sleep(0.02)
            try:
                assert await threads.call(Calling("unix:"), int, "7") == 7
                break
            except QueueFull:
                continue
        else:
            pytest.fail("the thread is not free")
        threads.close()

    asyncio.run(tried())


def test_a_call_whose_deadline_passed_does_nothing():
    async def tried():
        threads = DeskThreads(1, 5)
        done: list[int] = []
        with pytest.raises(DeadlineExceeded):
            await threads.call(Calling("unix:", -1.0), done.append, 1)
        threads.close()
        assert not done

    asyncio.run(tried())


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        ("ipv4:10.0.0.1:50123", "10.0.0.1"),
        ("ipv6:%5B2001:db8::1%5D:50123", "2001:db8::/64"),
        ("ipv6:%5B2001:db8::2:1%5D:7", "2001:db8::/64"),
        ("ipv4:127.0.0.1:50123", "ipv4:127.0.0.1:50123"),
        ("ipv6:%5B::1%5D:50123", "ipv6:%5B::1%5D:50123"),
        ("ipv6:%5B::ffff:127.0.0.1%5D:5", "ipv6:%5B::ffff:127.0.0.1%5D:5"),
        ("unix:", "unix:"),
    ],
)
def test_a_client_is_a_host_and_on_this_machine_a_connection(peer, client):
    assert client_of(Calling(peer)) == client

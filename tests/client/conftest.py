"""A gRPC server in this process whose answers a test writes; everything between it and the SDK is the real thing."""

import asyncio
import threading
from contextlib import contextmanager

import grpc
import pytest

from maskloop.client import Client, Retry
from maskloop.v1.models_pb2_grpc import ModelServiceServicer, add_ModelServiceServicer_to_server
from maskloop.v1.projects_pb2_grpc import ProjectServiceServicer, add_ProjectServiceServicer_to_server
from service.config import load_config
from service.edge.errors import ErrorInterceptor
from service.edge.limits.admission import Admission


class Scripted(ProjectServiceServicer, ModelServiceServicer):
    """Every method calls `answer(request)`, which returns a message or raises."""

    def __init__(self, answer):
        self.answer = answer

    async def GetProject(self, request, context):
        return self.answer(request)

    async def RollbackModel(self, request, context):
        return self.answer(request)

    async def ListImages(self, request, context):
        return self.answer(request)

    async def ImportImages(self, request, context):
        return self.answer(request)

    async def ReadImage(self, request, context):
        for message in self.answer(request):
            yield message


async def serve(address, answer, ready, stop):
    server = grpc.aio.server(interceptors=[ErrorInterceptor(lambda: "incident-1", Admission(load_config(None, {})))])
    add_ProjectServiceServicer_to_server(Scripted(answer), server)
    add_ModelServiceServicer_to_server(Scripted(answer), server)
    server.add_insecure_port(address)
    await server.start()
    ready.set()
    await asyncio.to_thread(stop.wait)
    await server.stop(0)


@contextmanager
def serving(address, answer):
    ready, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve(address, answer, ready, stop)))
    thread.start()
    assert ready.wait(20)
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now = 0.0
        self.slept = []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def retry(self, patience_s):
        return Retry(patience_s, first_s=1.0, longest_s=4.0, jitter=lambda: 0.0, sleep=self.sleep, clock=self.clock)


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def scripted(tmp_path, time):
    """`with scripted(answer, patience_s) as client:` a client of a server that answers so."""

    @contextmanager
    def start(answer, patience_s=0.0, timeout_s=5.0):
        address = f"unix:{tmp_path / 's'}"
        retry = time.retry(patience_s)
        with serving(address, answer), Client(address, retry=retry, timeout_s=timeout_s) as client:
            yield client

    return start

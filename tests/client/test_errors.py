import grpc
import pytest

from maskloop.client import Client, Retry
from maskloop.client.errors import error_of
from maskloop.errors import (
    DeadlineExceeded,
    InternalError,
    InvalidConfig,
    MaskloopError,
    ResourceExhausted,
    Unavailable,
    error_classes,
)


@pytest.mark.parametrize("kind", error_classes().values(), ids=lambda kind: kind.__name__)
def test_each_error_of_the_server_is_raised_by_the_client_under_the_same_name(scripted, kind):
    raised = kind("image 7 is blurred", field="images[7]", retry_after_s=1.5, image_id="7")

    def fail(request):
        raise raised

    with scripted(fail) as client, pytest.raises(MaskloopError) as caught:
        client.get_project(project_id="p")
    error = caught.value
    assert type(error) is kind
    assert (error.message, error.field, error.retry_after_s) == ("image 7 is blurred", "images[7]", 1.5)
    assert error.details["image_id"] == "7"


def test_a_fault_of_the_servers_tells_an_incident_and_nothing_else(scripted):
    def fail(request):
        raise RuntimeError("the secret path /srv/x")

    with scripted(fail) as client, pytest.raises(InternalError) as caught:
        client.get_project(project_id="p")
    assert "secret" not in caught.value.message
    assert caught.value.details == {"incident": "incident-1"}


def test_a_server_that_is_not_there_is_named(tmp_path):
    address = f"unix:{tmp_path / 'nobody'}"
    with Client(address, retry=Retry(patience_s=0)) as client, pytest.raises(Unavailable, match="nobody"):
        client.get_project(project_id="p")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no.such.host.invalid:7443"])
def test_an_address_where_nobody_answers_is_unavailable(address):
    with Client(address, retry=Retry(patience_s=0), timeout_s=5) as client, pytest.raises(Unavailable, match=address):
        client.check_health()


class Failed(grpc.RpcError):
    """A failed call as gRPC raises it when no server of ours answered: a code and a text."""

    def __init__(self, code):
        self._code = code

    def code(self):
        return self._code

    def details(self):
        return "said the proxy"

    def trailing_metadata(self):
        return ()


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_a_status_that_is_not_ours_becomes_the_class_of_its_code(code):
    error = error_of(Failed(code), "example:1", 3.0)
    known = {kind.code: kind for kind in MaskloopError.__subclasses__()}
    assert type(error) is known.get(code.name, InternalError)
    assert "example:1" in error.message


def test_a_proxy_that_is_full_is_no_reason_to_come_back_at_once():
    error = error_of(Failed(grpc.StatusCode.RESOURCE_EXHAUSTED), "example:1", 3.0)
    assert type(error) is ResourceExhausted
    assert error.retry_after_s is None


def test_a_call_past_its_deadline_says_how_long_it_waited(scripted):
    import time as real

    def dawdle(request):
        real.sleep(1.0)
        raise AssertionError("nobody waits for this")

    with scripted(dawdle, timeout_s=0.2) as client, pytest.raises(DeadlineExceeded, match=r"0\.2 s"):
        client.get_project(project_id="p")


def test_a_missing_certificate_is_named(tmp_path):
    with pytest.raises(InvalidConfig, match=r"root\.pem"):
        Client("127.0.0.1:1", tls_root=tmp_path / "root.pem")

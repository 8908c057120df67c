import threading

import pytest

from maskloop.client import Client
from maskloop.client.projects import PACK_BYTES, PACK_IMAGES, packs
from maskloop.client.wire import CALLS_IN_FLIGHT
from maskloop.errors import Aborted, BudgetExhausted, EtagMismatch, InvalidImage, QueueFull, Unavailable
from maskloop.v1 import projects_pb2 as pb
from maskloop.values import ImageImport, Split
from service.config import ServerConfig


def answers(*script):
    """Answer the calls in turn; an exception is raised."""
    waiting = iter(script)

    def answer(request):
        item = next(waiting)
        if isinstance(item, Exception):
            raise item
        return item

    return answer


PROJECT = pb.Project(id="p", categories=[pb.Category(id=1, name="cat")])


def test_a_client_looks_where_a_server_listens_by_itself():
    with Client() as client:
        assert client._wire.address == ServerConfig.model_fields["address"].default == "127.0.0.1:7443"


def test_a_server_that_comes_back_is_waited_for_with_pauses_that_double(scripted, time):
    script = answers(Unavailable("not yet"), Unavailable("not yet"), Unavailable("not yet"), PROJECT)
    with scripted(script, patience_s=30) as client:
        assert client.get_project(project_id="p").id == "p"
    assert time.slept == [1.0, 2.0, 4.0]


def test_patience_ends(scripted, time):
    with scripted(answers(*[Unavailable("gone")] * 9), patience_s=8) as client, pytest.raises(Unavailable):
        client.get_project(project_id="p")
    assert time.slept == [1.0, 2.0, 4.0]  # another pause of 4 s would end at 11 s


def test_a_full_queue_is_come_back_to_when_it_says(scripted, time):
    with scripted(answers(QueueFull("busy", retry_after_s=7.0), PROJECT), patience_s=30) as client:
        client.get_project(project_id="p")
    assert time.slept == [7.0]


def test_a_call_that_another_change_overtook_is_repeated(scripted, time):
    with scripted(answers(Aborted("overtaken", retry_after_s=0.1), PROJECT), patience_s=30) as client:
        client.get_project(project_id="p")
    assert time.slept == [1.0]


@pytest.mark.parametrize("error", [BudgetExhausted("spent"), InvalidImage("broken"), EtagMismatch("read it again")])
def test_what_would_fail_again_is_not_repeated(scripted, time, error):
    with scripted(answers(error, PROJECT), patience_s=30) as client, pytest.raises(type(error)):
        client.get_project(project_id="p")
    assert time.slept == []


def test_a_call_that_is_not_idempotent_is_not_repeated(scripted, time):
    with scripted(answers(Unavailable("gone"), PROJECT), patience_s=30) as client, pytest.raises(Unavailable):
        client.rollback_model(project_id="p")
    assert time.slept == []


def test_a_stream_that_breaks_is_read_again_from_its_beginning(scripted):
    first = [pb.ReadImageResponse(data=b"ab")]

    def broken():
        yield from first
        raise Unavailable("gone")

    whole = [pb.ReadImageResponse(data=b"ab"), pb.ReadImageResponse(data=b"cd")]
    with scripted(answers(broken(), whole), patience_s=30) as client:
        assert client.read_image(project_id="p", image_id="i") == b"abcd"


def test_lists_are_walked_to_their_last_page(scripted):
    asked = []

    def image(number):
        return pb.Image(id=str(number), split="SPLIT_POOL")

    def answer(request):
        asked.append((request.page_token, request.split))
        if not request.page_token:
            return pb.ListImagesResponse(images=[image(1), image(2)], next_page_token="more")
        return pb.ListImagesResponse(images=[image(3)])

    with scripted(answer) as client:
        found = list(client.list_images(project_id="p", split=Split.POOL))
    assert [one.id for one in found] == ["1", "2", "3"]
    assert asked == [("", pb.SPLIT_POOL), ("more", pb.SPLIT_POOL)]


def test_a_write_whose_caller_names_no_request_gets_an_id_it_keeps_through_repeats(scripted):
    seen = []

    def answer(request):
        seen.append(request.request_id)
        if len(seen) == 1:
            raise Unavailable("gone")
        return pb.ImportImagesResponse()

    image = ImageImport("a.png", Split.POOL, data=b"x")
    with scripted(answer, patience_s=30) as client:
        client.import_images(project_id="p", images=[image])
    assert len(seen) == 2
    assert seen[0] == seen[1] != ""


def picture(name, size):
    return ImageImport(name, Split.POOL, data=bytes(size))


def test_imports_are_packed_by_bytes_and_by_number_in_order():
    third = PACK_BYTES // 3
    images = [picture(str(number), third - 100) for number in range(4)]
    assert [[one.file_name for one in pack] for pack in packs(images)] == [["0", "1", "2"], ["3"]]
    many = [picture(str(number), 1) for number in range(PACK_IMAGES + 1)]
    assert [len(pack) for pack in packs(many)] == [PACK_IMAGES, 1]


def test_an_image_larger_than_a_pack_goes_alone():
    images = [picture("small", 1), picture("large", 2 * PACK_BYTES), picture("after", 1)]
    assert [[one.file_name for one in pack] for pack in packs(images)] == [["small"], ["large"], ["after"]]
    assert list(packs([])) == []


def test_threads_share_a_client(scripted):
    with scripted(lambda request: pb.Project(id=request.project_id, categories=PROJECT.categories)) as client:
        got = []
        threads = [
            threading.Thread(target=lambda n=n: got.append((n, client.get_project(project_id=f"p{n}").id)))
            for n in range(2 * CALLS_IN_FLIGHT)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert sorted(got) == [(n, f"p{n}") for n in range(2 * CALLS_IN_FLIGHT)]

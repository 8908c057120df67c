"""Messages of too many parts are known by their bytes, whatever form the bytes have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.convert import parts
from maskloop.convert.parts import check_parts
from maskloop.errors import InvalidArgument
from maskloop.v1 import labels_pb2 as pb
from maskloop.v1 import masks_pb2, models_pb2

SUBMIT = pb.SubmitLabelsRequest.DESCRIPTOR


def parts_in(message) -> int:
    """The slow, obvious count: of fields that are set, and of what is in them."""
    counted = 0
    for field, value in message.ListFields():
        items = list(value) if field.is_repeated else [value]
        is_list_of_numbers = field.is_repeated and field.message_type is None and field.type != field.TYPE_STRING
        if is_list_of_numbers:
            counted += 1 + sum(len(_varint(item)) for item in items)
            continue
        counted += len(items)
        counted += sum(map(parts_in, items)) if field.message_type is not None else 0
    return counted


def _varint(value):
    return bytes([0]) * max(1, (value.bit_length() + 6) // 7)


def taken(message_class, data, most) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "MOST_PARTS", most)
        try:
            check_parts(message_class.DESCRIPTOR, data)
        except InvalidArgument:
            return False
        return True


MASKS = st.builds(masks_pb2.Mask, height=st.integers(0, 300), width=st.integers(0, 300), rle=st.binary(max_size=300))
OBJECTS = st.builds(masks_pb2.ObjectMask, category_id=st.integers(0, 300), mask=MASKS, crowd=st.booleans())
DRAFTS = st.one_of(
    st.builds(
        pb.LabelDraft,
        image_id=st.text(max_size=5),
        seconds_spent=st.none() | st.floats(0, 1),
        full=st.builds(masks_pb2.ObjectMasks, objects=st.lists(OBJECTS, max_size=4)),
    ),
    st.builds(
        pb.LabelDraft,
        image_level=st.builds(masks_pb2.ImageLevel, category_ids=st.lists(st.integers(0, 300), max_size=9)),
    ),
)
REQUESTS = st.builds(pb.SubmitLabelsRequest, project_id=st.text(max_size=5), labels=st.lists(DRAFTS, max_size=4))


@given(REQUESTS)
def test_the_limit_is_exact(request):
    number, data = parts_in(request), request.SerializeToString()
    assert taken(pb.SubmitLabelsRequest, data, number)
    assert not number or not taken(pb.SubmitLabelsRequest, data, number - 1)


@given(REQUESTS, st.binary(max_size=30), st.data())
def test_broken_bytes_are_left_to_decoding(request, noise, data):
    whole = request.SerializeToString()
    place = data.draw(st.integers(0, len(whole)))
    check = st.sampled_from([whole[:place], whole[:place] + noise, noise + whole])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "MOST_PARTS", 0)
        for broken in (data.draw(check), b"", b"\x0a", b"\x80" * 100, b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"):
            try:
                check_parts(SUBMIT, broken)
            except InvalidArgument:
                continue


GROUP = b"\xfb\x07"  # the beginning of field 127 as a group, which no message of ours has
MANY = masks_pb2.ObjectMasks.FromString(b"\x0a\x00" * 100)


@pytest.mark.parametrize("before", [b"", GROUP + b"\xfc\x07", GROUP + b"\x0a\x00\xfc\x07", b"\xf9\x07" + b"x" * 8])
def test_nothing_before_the_parts_hides_them(before):
    inside = MANY.SerializeToString()
    assert len(masks_pb2.ObjectMasks.FromString(before + inside).objects) == 100
    assert not taken(masks_pb2.ObjectMasks, before + inside, 99)


def test_bytes_that_only_look_like_parts_are_none():
    request = pb.SubmitLabelsRequest(project_id="p", annotator="\x0a\x00" * 1000)
    assert taken(pb.SubmitLabelsRequest, request.SerializeToString(), 2)
    scores = models_pb2.ImportScoresRequest(scores=[models_pb2.ImageScore(image_id="i", score=0.5)] * 50)
    assert taken(models_pb2.ImportScoresRequest, scores.SerializeToString(), 150)
    assert not taken(models_pb2.ImportScoresRequest, scores.SerializeToString(), 149)

"""Errors become google.rpc.Status and come back as the class of the same name."""

import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, QuotaFailure, RetryInfo
from google.rpc.status_pb2 import Status

from maskloop import convert
from maskloop.errors import BudgetExhausted, InternalError, InvalidMask, QueueFull, error_classes


def details(status, detail_class):
    found = detail_class()
    return [packed.Unpack(found) and found for packed in status.details if packed.Is(detail_class.DESCRIPTOR)]


@pytest.mark.parametrize("error_class", error_classes().values(), ids=lambda found: found.__name__)
def test_every_class_survives_the_wire(error_class):
    error = error_class("what is wrong", field="a.b", retry_after_s=1.5, image_id="i1")
    status = Status.FromString(convert.error_to_status(error).SerializeToString())
    back = convert.error_from_status(status)
    assert type(back) is error_class
    assert (back.message, back.field, back.retry_after_s, back.details) == (
        "what is wrong",
        "a.b",
        1.5,
        {"image_id": "i1"},
    )


def test_details_say_reason_field_delay_and_quota():
    status = convert.error_to_status(BudgetExhausted("79 s cost, 3 s left", field="labels", campaign_id="c1"))
    assert status.code == 8  # RESOURCE_EXHAUSTED
    (info,) = details(status, ErrorInfo)
    assert (info.reason, info.domain) == ("BUDGET_EXHAUSTED", "maskloop")
    assert details(status, BadRequest)[0].field_violations[0].field == "labels"
    assert details(status, QuotaFailure)[0].violations[0].subject == "campaign:c1"
    assert not details(status, RetryInfo)


def test_only_errors_that_may_be_retried_carry_a_delay():
    assert details(convert.error_to_status(QueueFull("full", retry_after_s=2)), RetryInfo)
    assert not details(convert.error_to_status(InvalidMask("bad")), RetryInfo)


def test_a_stranger_s_status_is_an_internal_error():
    assert type(convert.error_from_status(Status(code=2, message="?"))) is InternalError

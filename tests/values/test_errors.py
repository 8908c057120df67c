"""One tree, as it is drawn, each class rebuilt from its reason."""

from __future__ import annotations

import re

import pytest

from maskloop import errors
from maskloop.errors import LeaseLost, MaskloopError, NoActiveModel, QueueFull, error_classes, reason_of

GRPC_CODES = {
    "CANCELLED",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "UNAUTHENTICATED",
}
ALL = sorted(error_classes().values(), key=lambda error_class: error_class.__name__)


def drawn() -> dict[str, tuple[str, str]]:
    """Parent and code of each class in the module's drawing; one without a code of its own has its parent's."""
    tree = {"MaskloopError": ("Exception", MaskloopError.code)}
    line_of_ancestors: list[str] = []
    for line in (errors.__doc__ or "").split("\n\n")[2].splitlines():
        [(branches, text)] = re.findall(r"^([│├└─ ]*)(.*)$", line)
        depth = len(branches) // 4 - 1
        for name in re.findall(r"^\w+(?:, \w+)*", text)[0].split(", ") if depth else []:
            parent = line_of_ancestors[depth - 1]
            own_code = [word for word in text.split() if word in GRPC_CODES]
            tree[name] = (parent, own_code[0] if own_code else tree[parent][1])
        line_of_ancestors[depth:] = [text.split(",")[0].split()[0]]
    del tree["MaskloopError"]
    return tree


def test_the_drawing_names_every_class_with_its_parent_and_code() -> None:
    defined = {error_class.__name__: (error_class.__bases__[0].__name__, error_class.code) for error_class in ALL}
    assert drawn() == defined


def test_the_base_is_left_out_and_reasons_are_distinct() -> None:
    assert MaskloopError not in ALL
    assert len({reason_of(error_class) for error_class in ALL}) == len(ALL)


@pytest.mark.parametrize("error_class", ALL, ids=lambda error_class: error_class.__name__)
def test_every_class_travels_as_a_grpc_code_and_is_rebuilt_from_its_reason(error_class: type[MaskloopError]) -> None:
    error = error_class("what and where", field="a.b", retry_after_s=1.5, limit=3)
    assert error.code in GRPC_CODES
    assert (str(error), error.message, error.field) == ("what and where", "what and where", "a.b")
    assert (error.retry_after_s, error.details) == (1.5, {"limit": "3"})
    rebuilt = error_classes()[error.reason](error.message, field=error.field)
    assert type(rebuilt) is error_class
    assert error_class.__doc__


@pytest.mark.parametrize(
    ("error_class", "reason"),
    [(LeaseLost, "LEASE_LOST"), (NoActiveModel, "NO_ACTIVE_MODEL"), (QueueFull, "QUEUE_FULL")],
)
def test_reasons_are_upper_snake(error_class: type[MaskloopError], reason: str) -> None:
    assert reason_of(error_class) == reason

"""The SDK has every verb of the wire, with the request's fields as its arguments."""

import inspect
import re

import pytest

from maskloop.client import Client
from maskloop.v1 import campaigns_pb2, labels_pb2, models_pb2, projects_pb2

PAGING = {"page_size", "page_token"}
RENAMED = {"overrides_json": "overrides", "lease": "lease_s"}
BEYOND_THE_WIRE = {"read_model": {"path"}, "import_images": {"taken"}}
SERVICES = [
    service
    for module in (projects_pb2, campaigns_pb2, labels_pb2, models_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
]
METHODS = [method for service in SERVICES for method in service.methods]


def verb_of(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_verb_of_the_wire_takes_its_request_s_fields(method):
    verb = verb_of(method.name)
    takes = set(inspect.signature(getattr(Client, verb)).parameters) - {"self"}
    fields = {RENAMED.get(field.name, field.name) for field in method.input_type.fields} - PAGING
    if verb == "import_images":  # goes in packs, each known by its content
        fields -= {"request_id"}
    assert takes == fields | BEYOND_THE_WIRE.get(verb, set())

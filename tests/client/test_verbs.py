"""The SDK has every verb of the wire, with the request's fields as its arguments."""

import inspect
import pkgutil
import re
from importlib import import_module

import pytest

import maskloop.v1
from maskloop.client import Client

PAGING = {"page_size", "page_token"}
RENAMED = {"overrides_json": "overrides", "lease": "lease_s", "lifetime": "lifetime_s"}
BEYOND_THE_WIRE = {"read_model": {"path"}, "import_images": {"taken", "refused"}}
MODULES = [name for _, name, _ in pkgutil.iter_modules(maskloop.v1.__path__, "maskloop.v1.") if name.endswith("_pb2")]
SERVICES = [service for name in MODULES for service in import_module(name).DESCRIPTOR.services_by_name.values()]
METHODS = [method for service in SERVICES for method in service.methods]


def test_every_service_is_there():
    names = {service.name.removesuffix("Service") for service in SERVICES}
    assert names == {"Project", "Campaign", "Label", "Model", "Classifier", "Proposal", "Access"}


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

"""The table of roles and calls, cell by cell over the wire. What is expected is read from the page for people."""

from __future__ import annotations

import re
from pathlib import Path

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from service.edge.rules import RULES, Reach
from service.edge.server import SERVICES
from tests.service.edge.asking import METHODS, ask, refusal
from tests.service.edge.conftest import ROLES
from tests.service.wire import Edge

PAGE = Path(__file__).parents[3] / "docs/sharing.md"
ROW = re.compile(r"^\| `(\w+)` \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
LEAST = {
    name: role
    for _, *cells in ROW.findall(PAGE.read_text(encoding="utf-8"))
    for role, cell in zip(ROLES, cells, strict=True)
    for name in re.findall(r"`(\w+)`", cell)
}
"""The least role of each call, by its name."""
OF_PROJECT = sorted(
    name
    for methods in RULES.values()
    for name, rule in methods.items()
    if rule.reach not in (Reach.NONE, Reach.OPERATION) and name in METHODS
)
FOLLOWING = ("GetOperation", "WaitOperation", "CancelOperation", "DeleteOperation")


def fields_for(name: str, project_id: str = "p") -> dict[str, object]:
    """As much of a request as tells its project, and little more: it shall change nothing where it is allowed."""
    declared = METHODS[name].input_type.fields_by_name
    fields: dict[str, object] = {}
    if "project_id" in declared:
        fields["project_id"] = project_id
    if name == "ListOperations":
        fields["filter"] = f"project_id={project_id}"
    if name in FOLLOWING:
        fields["name"] = "operations/nobodys" if name == "DeleteOperation" else "operations/op"
    return fields


def test_every_method_of_the_wire_is_in_the_table_and_on_the_page_and_nothing_else():
    ruled = {name for methods in RULES.values() for name in methods}
    assert ruled == LEAST.keys() == METHODS.keys() | {"ServerReflectionInfo"}
    services = {method.containing_service.full_name for method in METHODS.values()}
    assert services == set(SERVICES)
    assert RULES.keys() == services | {"grpc.reflection.v1alpha.ServerReflection"}
    for method in METHODS.values():
        assert method.name in RULES[method.containing_service.full_name]


def test_annotators_are_named_by_their_token_wherever_a_call_names_one():
    signed = {name for methods in RULES.values() for name, rule in methods.items() if rule.signed}
    naming = {name for name, method in METHODS.items() if "annotator" in method.input_type.fields_by_name}
    assert naming - signed == {"ListAudit"}, "there it filters"
    assert signed <= naming


def test_a_call_s_project_is_found_where_its_request_has_it():
    for methods in RULES.values():
        for name in methods.keys() & METHODS.keys():
            declared, reach = METHODS[name].input_type.fields_by_name, methods[name].reach
            if reach in (Reach.PROJECT, Reach.PROJECT_OR_ALL, Reach.PROJECT_OR_OWN):
                assert "project_id" in declared, name
            elif reach is Reach.NONE:
                assert "project_id" not in declared, name
            else:
                assert {Reach.OPERATION: "name", Reach.FILTER: "filter"}[reach] in declared, name


@pytest.mark.parametrize("name", sorted(METHODS))
@pytest.mark.parametrize("role", ROLES)
def test_a_cell_of_the_table(guarded, role, name):
    """A call that is allowed may end in many ways: the request says as little as it can."""
    ended = refusal(guarded.channel, name, guarded.secrets[role], **fields_for(name))
    if ROLES.index(role) >= ROLES.index(LEAST[name]):
        assert ended is None or ended[0] not in ("PERMISSION_DENIED", "UNAUTHENTICATED", "INTERNAL", "UNKNOWN"), ended
    else:
        assert ended == (
            "PERMISSION_DENIED",
            "PERMISSION_DENIED",
            f"{name} asks for the role {LEAST[name]}; this token is of role {role}",
        )


@pytest.mark.parametrize("name", sorted(METHODS))
def test_no_call_is_answered_without_a_token(guarded, name):
    ended = refusal(guarded.channel, name, **fields_for(name))
    assert ended is not None
    assert ended[:2] == ("UNAUTHENTICATED", "UNAUTHENTICATED")


@pytest.mark.parametrize("name", OF_PROJECT)
def test_a_foreign_project_is_refused_alike_whether_or_not_it_is_there(guarded, name):
    foreign = refusal(guarded.channel, name, guarded.secrets["admin_q"], **fields_for(name))
    nobodys = refusal(guarded.channel, name, guarded.secrets["admin_q"], **fields_for(name, "nobodys"))
    assert foreign == ("PERMISSION_DENIED", "PERMISSION_DENIED", "this token is not for project 'p'")
    assert nobodys == (*foreign[:2], "this token is not for project 'nobodys'")
    own = refusal(guarded.channel, name, guarded.secrets["admin_p"], **fields_for(name))
    assert own is None or own[0] != "PERMISSION_DENIED"


@pytest.mark.parametrize("name", FOLLOWING)
def test_a_foreign_operation_is_refused_alike_whether_or_not_it_is_there(guarded, name):
    secret = guarded.secrets["lead_q"]
    foreign = refusal(guarded.channel, name, secret, name="operations/op")
    nobodys = refusal(guarded.channel, name, secret, name="operations/nobodys")
    assert foreign == (
        "PERMISSION_DENIED",
        "PERMISSION_DENIED",
        "this token is not for the project of operation 'op'",
    )
    assert nobodys == (*foreign[:2], foreign[2].replace("'op'", "'nobodys'"))
    if name != "DeleteOperation":  # it would be gone for the others
        assert refusal(guarded.channel, name, guarded.secrets["lead_p"], name="operations/op") is None


@pytest.mark.parametrize("name", ["ListOperations", "ListAudit"])
def test_what_is_of_all_projects_is_for_callers_of_all(guarded, name):
    assert refusal(guarded.channel, name, guarded.secrets["lead"]) is None
    code, _, message = refusal(guarded.channel, name, guarded.secrets["lead_p"])
    assert (code, message) == ("PERMISSION_DENIED", "this token is for some projects only; name one of them")


def test_projects_are_listed_to_those_who_may_see_them(guarded):
    def listed(name):
        return [project.id for project in ask(guarded.channel, "ListProjects", guarded.secrets[name]).projects]

    assert (listed("annotator"), listed("annotator_p"), listed("admin_q")) == (["p", "q"], ["p"], ["q"])


def test_reflection_answers_admins_alone_and_beyond_loopback_only_where_asked_for(guarded, tmp_path):
    stub = reflection_pb2_grpc.ServerReflectionStub(guarded.channel)

    def reflect(stub, secret):
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        shown = [("authorization", f"Bearer {secret}")]
        (answer,) = stub.ServerReflectionInfo(iter([request]), timeout=10, metadata=shown)
        return {service.name for service in answer.list_services_response.service}

    assert reflect(stub, guarded.secrets["admin_p"]) >= set(SERVICES)
    for name, code in (("lead", grpc.StatusCode.PERMISSION_DENIED), ("nobody", grpc.StatusCode.UNAUTHENTICATED)):
        with pytest.raises(grpc.RpcError) as raised:
            reflect(stub, guarded.secrets.get(name, "mlp_nobodys"))
        assert raised.value.code() is code
    for asked, code in ((None, grpc.StatusCode.UNIMPLEMENTED), (True, None)):
        with Edge(tmp_path / str(asked), address="0.0.0.0:0", insecure=True, reflection=asked) as edge:
            secret = (tmp_path / str(asked) / "data/admin.token").read_text().strip()
            with grpc.insecure_channel(f"127.0.0.1:{edge.address.rpartition(':')[2]}") as channel:
                stub = reflection_pb2_grpc.ServerReflectionStub(channel)
                if code is None:
                    assert reflect(stub, secret) >= set(SERVICES)
                    continue
                with pytest.raises(grpc.RpcError) as raised:
                    reflect(stub, secret)
                assert raised.value.code() is code

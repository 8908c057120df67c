"""A server that requires tokens, and tokens of every role."""

from __future__ import annotations

from types import SimpleNamespace

import grpc
import pytest

from maskloop.values import OperationState
from service.store.operations import insert_operation
from tests.service.edge.asking import ask, make_token
from tests.service.store.rows import operation
from tests.service.wire import Edge

ROLES = ("annotator", "lead", "admin")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """Projects p and q with an image, a campaign `c`, and an operation of p; tokens of each role for all projects, and
    for p and q alone, by name such as `lead` and `lead_p`."""
    with Edge(tmp_path_factory.mktemp("guarded"), tokens="required") as edge:
        edge.loop.do(edge.edge.serve())
        with grpc.insecure_channel(edge.address) as channel:
            yield filled(edge, channel)


def filled(edge, channel):
    admin = edge.desks.access._admin_file.path.read_text().strip()
    for project_id in ("p", "q"):
        ask(channel, "CreateProject", admin, project_id=project_id, categories=[{"id": 1, "name": "crack"}])
        budget, strategy = {"seconds": 10_000}, {"name": "random"}
        ask(
            channel,
            "CreateCampaign",
            admin,
            project_id=project_id,
            campaign_id="c",
            budget=budget,
            strategy=strategy,
        )
    secrets = {"root": admin}
    for role in ROLES:
        secrets[role] = make_token(channel, admin, role, role)
        for project_id in ("p", "q"):
            secrets[f"{role}_{project_id}"] = make_token(channel, admin, f"{role}_{project_id}", role, project_id)
    with edge.desks.access._database.write() as tx:
        insert_operation(tx, operation("op", state=OperationState.SUCCEEDED))
    return SimpleNamespace(edge=edge, channel=channel, secrets=secrets)

"""Who may call what: one table of calls and roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from maskloop.errors import PermissionDenied
from maskloop.values import Caller, Role


class Reach(Enum):
    """Where a call's project is found; a caller must be of it."""

    PROJECT = auto()  # the field `project_id`, which is required
    PROJECT_OR_ALL = auto()  # the same; "" is all projects
    PROJECT_OR_OWN = auto()  # the same; "" is those of the caller, to which the use case keeps
    OPERATION = auto()  # that of the operation `name`
    FILTER = auto()  # `filter`; "" is all projects
    NONE = auto()  # it is of no project


@dataclass(frozen=True)
class Rule:
    """Who may make a call.

    Args:
        role: the least.
        reach: where its project is found.
        signed: whether `annotator` says who does it; an annotator's token decides that.
    """

    role: Role
    reach: Reach = Reach.PROJECT
    signed: bool = False


READS, LEADS, ADMINISTERS = Rule(Role.ANNOTATOR), Rule(Role.LEAD), Rule(Role.ADMIN)
LABELS = Rule(Role.ANNOTATOR, signed=True)
FOLLOWS = Rule(Role.LEAD, Reach.OPERATION)
RULES: Mapping[str, Mapping[str, Rule]] = {
    "maskloop.v1.AccessService": {
        "GetCaller": Rule(Role.ANNOTATOR, Reach.NONE),
        "CreateToken": Rule(Role.LEAD, Reach.NONE),
        "ListTokens": Rule(Role.LEAD, Reach.PROJECT_OR_OWN),
        "WithdrawToken": Rule(Role.LEAD, Reach.NONE),
        "ListAudit": Rule(Role.LEAD, Reach.PROJECT_OR_ALL),
    },
    "maskloop.v1.ProjectService": {
        "CreateProject": ADMINISTERS,
        "AddCategories": LEADS,
        "GetProject": READS,
        "ListProjects": Rule(Role.ANNOTATOR, Reach.NONE),
        "ImportImages": LEADS,
        "GetImage": READS,
        "ListImages": READS,
        "ReadImage": READS,
    },
    "maskloop.v1.CampaignService": {
        "CreateCampaign": LEADS,
        "GetCampaign": READS,
        "ListCampaigns": READS,
        "UpdateCampaignBudget": LEADS,
        "SelectBatch": LABELS,
        "GetBatch": READS,
        "ListBatches": READS,
        "RenewBatch": LABELS,
        "ReleaseBatch": LABELS,
        "SkipImage": LABELS,
        "PlanKinds": LEADS,
    },
    "maskloop.v1.LabelService": {
        "SubmitLabels": LABELS,
        "ListLabels": READS,
        "ExportLabels": LEADS,
        "GetCostEstimates": READS,
    },
    "maskloop.v1.ModelService": {
        "TrainModel": LEADS,
        "ResolveRecipe": Rule(Role.LEAD, Reach.NONE),
        "ScorePool": LEADS,
        "EvaluateModel": LEADS,
        "ImportScores": LEADS,
        "PrepareSelection": LEADS,
        "GetModel": READS,
        "ListModels": LEADS,
        "ActivateModel": LEADS,
        "ThinModels": LEADS,
        "RollbackModel": LEADS,
        "ReadModel": LEADS,
        "GetProposals": READS,
        "ExportPseudoLabels": LEADS,
    },
    "maskloop.v1.ClassifierService": {
        "TrainClassifier": LEADS,
        "GetClassifier": LEADS,
        "ListHardCandidates": LEADS,
    },
    "maskloop.v1.ProposalService": {
        "ProposeMasks": READS,
    },
    "google.longrunning.Operations": {
        "GetOperation": FOLLOWS,
        "WaitOperation": FOLLOWS,
        "CancelOperation": FOLLOWS,
        "DeleteOperation": FOLLOWS,
        "ListOperations": Rule(Role.LEAD, Reach.FILTER),
    },
    "grpc.reflection.v1alpha.ServerReflection": {
        "ServerReflectionInfo": Rule(Role.ADMIN, Reach.NONE),
    },
}
"""By service and method. What is not here, and not `OPEN`, nobody may call."""


def rule_for(caller: Caller, service: str, method: str) -> Rule:
    """The rule of a call.

    Raises:
        PermissionDenied: the caller's role does not allow it, or nobody may.
    """
    rule = RULES.get(service, {}).get(method)
    if rule is None:
        raise PermissionDenied(f"nobody may call {method}")
    if not caller.role.includes(rule.role):
        raise PermissionDenied(f"{method} asks for the role {rule.role}; this token is of role {caller.role}")
    return rule

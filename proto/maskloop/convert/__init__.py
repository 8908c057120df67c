"""Values to messages of `maskloop.v1`, and back.

`X_to_message(value)` and `X_from_message(message)` for every value, one file a resource. `arguments` turns a request
into the keyword arguments of the verb it asks for, `request` does the reverse, so that the SDK's methods, the wire and
the desks share their names. A message that says something impossible raises an `InvalidArgument` that names the field.
"""

from maskloop.convert.access import (
    audit_entry_from_message,
    audit_entry_to_message,
    caller_from_message,
    caller_to_message,
    new_token_from_message,
    new_token_to_message,
    token_from_message,
    token_to_message,
)
from maskloop.convert.campaigns import (
    batch_from_message,
    batch_record_from_message,
    batch_record_to_message,
    batch_to_message,
    budget_from_message,
    budget_to_message,
    campaign_from_message,
    campaign_to_message,
    pick_from_message,
    pick_to_message,
    strategy_from_message,
    strategy_to_message,
)
from maskloop.convert.classifiers import (
    classifier_from_message,
    classifier_to_message,
    hard_candidate_from_message,
    hard_candidate_to_message,
)
from maskloop.convert.costs import cost_estimates_from_message, cost_estimates_to_message
from maskloop.convert.errors import error_from_status, error_to_status
from maskloop.convert.kinds_plan import kinds_plan_from_message, kinds_plan_to_message
from maskloop.convert.labels import (
    draft_from_message,
    draft_to_message,
    label_from_message,
    label_to_message,
)
from maskloop.convert.masks import (
    counts_from_message,
    counts_to_message,
    mask_from_message,
    mask_to_message,
)
from maskloop.convert.models import (
    evaluation_from_message,
    evaluation_to_message,
    model_from_message,
    model_to_message,
    pseudo_from_message,
    pseudo_to_message,
)
from maskloop.convert.operations import operation_from_message, operation_id, operation_name, operation_to_message
from maskloop.convert.projects import (
    category_from_message,
    category_to_message,
    image_from_message,
    image_import_from_message,
    image_import_to_message,
    image_to_message,
    project_from_message,
    project_to_message,
)
from maskloop.convert.proposals import (
    prompt_from_message,
    prompt_to_message,
    prompted_from_message,
    prompted_to_message,
    proposal_from_message,
    proposal_to_message,
    proposals_from_message,
    proposals_to_message,
)
from maskloop.convert.requests import arguments, request

__all__ = [
    "arguments",
    "audit_entry_from_message",
    "audit_entry_to_message",
    "batch_from_message",
    "batch_record_from_message",
    "batch_record_to_message",
    "batch_to_message",
    "budget_from_message",
    "budget_to_message",
    "caller_from_message",
    "caller_to_message",
    "campaign_from_message",
    "campaign_to_message",
    "category_from_message",
    "category_to_message",
    "classifier_from_message",
    "classifier_to_message",
    "cost_estimates_from_message",
    "cost_estimates_to_message",
    "counts_from_message",
    "counts_to_message",
    "draft_from_message",
    "draft_to_message",
    "error_from_status",
    "error_to_status",
    "evaluation_from_message",
    "evaluation_to_message",
    "hard_candidate_from_message",
    "hard_candidate_to_message",
    "image_from_message",
    "image_import_from_message",
    "image_import_to_message",
    "image_to_message",
    "kinds_plan_from_message",
    "kinds_plan_to_message",
    "label_from_message",
    "label_to_message",
    "mask_from_message",
    "mask_to_message",
    "model_from_message",
    "model_to_message",
    "new_token_from_message",
    "new_token_to_message",
    "operation_from_message",
    "operation_id",
    "operation_name",
    "operation_to_message",
    "pick_from_message",
    "pick_to_message",
    "project_from_message",
    "project_to_message",
    "prompt_from_message",
    "prompt_to_message",
    "prompted_from_message",
    "prompted_to_message",
    "proposal_from_message",
    "proposal_to_message",
    "proposals_from_message",
    "proposals_to_message",
    "pseudo_from_message",
    "pseudo_to_message",
    "request",
    "strategy_from_message",
    "strategy_to_message",
    "token_from_message",
    "token_to_message",
]

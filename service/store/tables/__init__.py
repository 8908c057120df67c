"""The tables, one schema for SQLite and PostgreSQL. `service/migrations` brings a database to it.

Rows are never changed by people: labels are superseded, picks change their state, model versions are only added.
"""

from service.store.tables.access import audit, tokens
from service.store.tables.base import metadata
from service.store.tables.campaigns import IS_LEASED, batches, campaigns, picks, skips, spending
from service.store.tables.labels import IS_CURRENT, labels
from service.store.tables.models import activations, classifiers, models, prompted_proposals
from service.store.tables.operations import operations, requests
from service.store.tables.projects import images, projects

__all__ = [
    "IS_CURRENT",
    "IS_LEASED",
    "activations",
    "audit",
    "batches",
    "campaigns",
    "classifiers",
    "images",
    "labels",
    "metadata",
    "models",
    "operations",
    "picks",
    "projects",
    "prompted_proposals",
    "requests",
    "skips",
    "spending",
    "tokens",
]

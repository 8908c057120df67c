"""The field's names for kinds and options, and whether a model version must be told counts.

A label of kind `ood_verdict` is an `ood_check`; the option `drawn` of a strategy is `softrank`. Both stand in rows, in
the requests and results of operations, and in answers that are kept for repeated calls.

What a kept call had asked for is known by its fingerprint alone, which was taken of the names of that time. It is
emptied: such a call is known again by its request id and its method.

A ranking that was prepared by a strategy with `drawn` lies under that name, and is prepared again when it is asked for.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KINDS = {"ood_verdict": "ood_check"}
OPTIONS = {"drawn": "softrank"}
JSON = sa.JSON(none_as_null=True)

models = sa.table("models", sa.column("number"), sa.column("config_json"), sa.column("needs_counts", sa.Boolean))
operations = sa.table("operations", sa.column("number"), sa.column("request", JSON), sa.column("result", JSON))
requests = sa.table("requests", sa.column("request_id"), sa.column("method"), sa.column("answer"))


def upgrade() -> None:
    connection = op.get_bind()
    for table in ("labels", "batches", "spending"):
        for old, new in KINDS.items():
            connection.execute(sa.text(f"UPDATE {table} SET kind = :new WHERE kind = :old"), {"old": old, "new": new})
    for table in ("campaigns", "batches"):
        _respell_strategies(connection, sa.table(table, sa.column("strategy")))
    connection.exec_driver_sql("ALTER TABLE models ADD COLUMN needs_counts BOOLEAN DEFAULT FALSE NOT NULL")
    for row in connection.execute(sa.select(models)).all():
        change = sa.update(models).where(models.c.number == row.number)
        connection.execute(change.values(needs_counts=_needs_counts(row.config_json)))
    for row in connection.execute(sa.select(operations)).all():
        change = sa.update(operations).where(operations.c.number == row.number)
        connection.execute(change.values(request=_work(row.request), result=_work(row.result)))
    for row in connection.execute(sa.select(requests)).all():
        change = sa.update(requests).where(requests.c.request_id == row.request_id)
        connection.execute(change.values(answer=_answer(row.method, row.answer)))
    connection.exec_driver_sql("UPDATE requests SET fingerprint = ''")


def _respell_strategies(connection: sa.Connection, table: sa.TableClause) -> None:
    for spelt in connection.execute(sa.select(table.c.strategy).distinct()).scalars().all():
        if (new := _strategy(spelt)) != spelt:
            connection.execute(sa.update(table).where(table.c.strategy == spelt).values(strategy=new))


def _strategy(spelt: str) -> str:
    """A strategy as its text, options by name."""
    name, colon, options = spelt.partition(":")
    pairs = (part.partition("=") for part in options.split(",")) if colon else ()
    told = ",".join(f"{key}={value}" for key, value in sorted((_option(key), value) for key, _, value in pairs))
    return name + colon + told


def _option(name: str) -> str:
    """An option; of a strategy in a mix, it stands after the part's name."""
    part, dot, own = name.rpartition(".")
    return part + dot + OPTIONS.get(own, own)


def _options(strategy: dict) -> dict[str, str]:
    """Of a strategy in an answer; those of the first schema have a target in their place."""
    if "options" in strategy:
        return {_option(name): value for name, value in strategy["options"].items()}
    target = strategy.get("target_iou")
    return {} if target is None else {"target": str(target)}


def _needs_counts(config_json: str) -> bool:
    return json.loads(config_json).get("classes") != "predicted"


def _work(told: dict | None) -> dict | None:
    """An operation's request, or its result: a ranking has a strategy, a model version a recipe."""
    if told is None:
        return None
    changed = dict(told)
    if isinstance(told.get("strategy"), str):
        changed["strategy"] = _strategy(told["strategy"])
    if "scored_images" in told and "config_json" in told:
        changed["needs_counts"] = _needs_counts(told["config_json"])
    return changed


def _answer(method: str, answer: str) -> str:
    """The answer to a call, as JSON: a campaign, or a batch."""
    told = json.loads(answer)
    if method in {"CreateCampaign", "UpdateCampaignBudget"}:
        told["strategy"] = {"name": told["strategy"]["name"], "options": _options(told["strategy"])}
        for name in ("spent_s_by_kind", "measured_s_by_kind"):
            told[name] = {KINDS.get(kind, kind): value for kind, value in told.get(name, {}).items()}
    elif method == "SelectBatch":
        told |= {"kind": KINDS.get(told["kind"], told["kind"]), "strategy": _strategy(told["strategy"])}
    else:
        return answer
    return json.dumps(told)

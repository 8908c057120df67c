"""Campaigns are charged measured seconds where people reported them, corrections included; it was what was planned.

Budgets stay. A campaign whose people were quicker than planned has more left than before; one whose people were slower
has less, and may have spent more than its budget.
"""

from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

spending = sa.table(
    "spending", *map(sa.column, ("project_id", "campaign_id", "kind", "planned_s", "measured_s", "charged_s"))
)
campaigns = sa.table("campaigns", *map(sa.column, ("project_id", "id", "spent_s")))
labels = sa.table(
    "labels", *map(sa.column, ("project_id", "campaign_id", "kind", "cost_s", "seconds_spent", "supersedes"))
)


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE spending ADD COLUMN charged_s BIGINT DEFAULT 0 NOT NULL")
    connection.execute(sa.update(spending).values(charged_s=spending.c.planned_s))
    by_kind: Counter[tuple[str, str, str]] = Counter()
    by_campaign: Counter[tuple[str, str]] = Counter()
    for row in connection.execute(
        sa.select(labels).where(labels.c.campaign_id != "", labels.c.seconds_spent.is_not(None))
    ):
        more = round(row.seconds_spent * 1000) - row.cost_s  # milliseconds, as all sums of seconds
        by_kind[row.project_id, row.campaign_id, row.kind] += more
        by_campaign[row.project_id, row.campaign_id] += more
    for (project_id, campaign_id, kind), more in by_kind.items():
        this = {"project_id": project_id, "campaign_id": campaign_id, "kind": kind}
        change = sa.update(spending).where(*(spending.c[name] == value for name, value in this.items()))
        connection.execute(change.values(charged_s=spending.c.charged_s + more))
    for (project_id, campaign_id), more in by_campaign.items():
        change = sa.update(campaigns).where(campaigns.c.project_id == project_id, campaigns.c.id == campaign_id)
        connection.execute(change.values(spent_s=campaigns.c.spent_s + more))

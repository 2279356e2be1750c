"""The ends of service days: when a clinic's day ends, what becomes of who waits, and what was announced.

Going back drops all three. Every service day ends at midnight again. The older programs cannot read opening
hours that lie past midnight: apply a catalog without such hours before. A handover that is under way stops,
and who still waits in the day before expires.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clinics", sa.Column("day_ends_at", sa.String(5), nullable=False, server_default="24:00"))
    op.add_column("clinic_days", sa.Column("announced_state", sa.String(6)))
    op.add_column("clinic_days", sa.Column("ending", sa.String(8)))


def downgrade() -> None:
    op.drop_column("clinic_days", "ending")
    op.drop_column("clinic_days", "announced_state")
    op.drop_column("clinics", "day_ends_at")

"""Staff with names, what they looked at, what they can take back; names of rooms; who cancelled a ticket.

What was done before this revision cannot be taken back, and who cancelled is not known of it. Going back
forgets the staff: whoever knows the password of the desks may do everything there again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clinics", sa.Column("room_names", sa.JSON()))
    op.add_column("tickets", sa.Column("recalled_at", sa.DateTime(timezone=True)))
    op.add_column("tickets", sa.Column("cancelled_by", sa.String(10)))
    op.add_column("tickets", sa.Column("cancel_reason", sa.String(200)))
    op.add_column("journal", sa.Column("undo", sa.JSON()))
    op.create_table(
        "staff",
        sa.Column("username", sa.String(40), nullable=False),
        sa.Column("hospital", sa.String(10), nullable=False),
        sa.Column("clinics", sa.JSON()),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("username", "hospital", name="pk_staff"),
    )
    op.create_index("ix_staff_version", "staff", ["version"])
    op.create_table(
        "access_log",
        sa.Column("username", sa.String(40), nullable=False),
        sa.Column("hospital", sa.String(10), nullable=False),
        sa.Column("clinic", sa.String(10), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request", sa.String(30), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("names", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("username", "hospital", "clinic", "minute", "request", name="pk_access_log"),
    )
    op.create_index("ix_access_log_minute", "access_log", ["minute"])


def downgrade() -> None:
    op.drop_table("access_log")
    op.drop_table("staff")
    op.drop_column("journal", "undo")
    op.drop_column("tickets", "cancel_reason")
    op.drop_column("tickets", "cancelled_by")
    op.drop_column("tickets", "recalled_at")
    op.drop_column("clinics", "room_names")

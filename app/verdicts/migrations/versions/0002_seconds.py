"""How long a vetter looked before deciding."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("verdict_log", sa.Column("seconds", sa.Double, nullable=True))
    op.create_index("verdict_log_by_star", "verdict_log", ["source_id"])

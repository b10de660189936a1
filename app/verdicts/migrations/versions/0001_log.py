"""The log, and what keeps it a log: the database itself refuses to change or delete an entry."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_WHY = "a log of verdicts only grows"


def upgrade() -> None:
    op.create_table(
        "verdict_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("client_id", sa.String(36), nullable=False, unique=True),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("target", sa.String(36), nullable=True),
        sa.Column("vetter", sa.String(120), nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.Column("source_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("classes", sa.String(260), nullable=False),
        sa.Column("is_sure", sa.Boolean, nullable=False),
        sa.Column("period_days", sa.Double, nullable=True),
        sa.Column("epoch_days", sa.Double, nullable=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("atlas_hash", sa.String(128), nullable=False),
        sa.Column("model_hash", sa.String(128), nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    for statement in _GUARDS.get(op.get_bind().dialect.name, ()):
        op.execute(statement)


_GUARDS = {
    "sqlite": [
        f"CREATE TRIGGER verdict_log_no_{event} BEFORE {event.upper()} ON verdict_log "
        f"BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
        for event in ("update", "delete")
    ],
    "postgresql": [
        "CREATE FUNCTION verdict_log_guard() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_WHY}'; END $$",
        "CREATE TRIGGER verdict_log_no_change BEFORE UPDATE OR DELETE ON verdict_log "
        "FOR EACH ROW EXECUTE FUNCTION verdict_log_guard()",
        "CREATE TRIGGER verdict_log_no_truncate BEFORE TRUNCATE ON verdict_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION verdict_log_guard()",
    ],
}

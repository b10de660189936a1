"""The table of the log as it is now; how it came to be so stands in migrations/versions."""

import sqlalchemy as sa

from data_pipeline.verdict_log import TABLE

metadata = sa.MetaData()

entries = sa.Table(
    TABLE,
    metadata,
    # SQLite counts up only an INTEGER; elsewhere the log may outgrow 32 bits
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
    sa.Column("seconds", sa.Double, nullable=True),
    sa.Column("atlas_hash", sa.String(128), nullable=False),
    sa.Column("model_hash", sa.String(128), nullable=False),
    sa.Column("shown", sa.Text, nullable=False),
    sqlite_autoincrement=True,  # an id is never given twice
)

"""The sync engine: fences, sources' states, approvals and forecasts, further keys, retired names, guests"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    with op.batch_alter_table("approval", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approval_digest"), ["digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_approval_due_on"), ["due_on"], unique=False)

    op.create_table(
        "forecast",
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("what", "due_on", "made_on", name=op.f("pk_forecast")),
    )
    op.create_table(
        "guest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("first_name", sa.String(length=255), nullable=False),
        sa.Column("last_name", sa.String(length=255), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("personal_mail", sa.String(length=320), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("sponsor", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest")),
        sa.UniqueConstraint("number", name=op.f("uq_guest_number")),
    )
    op.create_table(
        "retired_name",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=False),
        sa.Column("free_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_retired_name")),
    )
    op.create_table(
        "sameness",
        sa.Column("left_key", sa.String(length=128), nullable=False),
        sa.Column("right_key", sa.String(length=128), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("left_key", "right_key", name=op.f("pk_sameness")),
    )
    op.create_table(
        "source_state",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=255), nullable=True),
        sa.Column("full_read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_state")),
    )
    op.create_table(
        "mail_alias",
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_mail_alias_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_mail_alias")),
    )
    with op.batch_alter_table("mail_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_alias_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_key",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_key_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_person_key")),
    )
    with op.batch_alter_table("person_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_key_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("affiliation", schema=None) as batch_op:
        # Another kind of hash: every row is read anew once.
        batch_op.drop_column("row_hash")
        batch_op.add_column(sa.Column("row_hash", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("person_key", sa.String(length=128), nullable=True))
        batch_op.create_index("ix_affiliation_source_row_hash", ["source", "row_hash"], unique=False)

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("channel", sa.String(length=64), nullable=False, server_default="mail"))
        batch_op.drop_index(batch_op.f("ix_outbox_state_not_before"))
        batch_op.create_index(
            "ix_outbox_channel_state_not_before", ["channel", "state", "not_before"], unique=False
        )

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("register_first_name", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("register_last_name", sa.String(length=255), nullable=True))
        batch_op.create_index(batch_op.f("ix_person_account_end"), ["account_end"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_birth_date"), ["birth_date"], unique=False)
        batch_op.create_index(
            "ix_person_owed",
            ["id"],
            unique=False,
            sqlite_where=sa.text("digest IS NULL"),
            postgresql_where=sa.text("digest IS NULL"),
        )

    with op.batch_alter_table("sync_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fence", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("holder", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_sync_run_fence"), ["fence"])


def downgrade() -> None:
    with op.batch_alter_table("sync_run", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_sync_run_fence"), type_="unique")
        batch_op.drop_column("heartbeat_at")
        batch_op.drop_column("holder")
        batch_op.drop_column("fence")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_person_owed",
            sqlite_where=sa.text("digest IS NULL"),
            postgresql_where=sa.text("digest IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_person_birth_date"))
        batch_op.drop_index(batch_op.f("ix_person_account_end"))
        batch_op.drop_column("register_last_name")
        batch_op.drop_column("register_first_name")
        batch_op.drop_column("closed_on")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_channel_state_not_before")
        batch_op.create_index(batch_op.f("ix_outbox_state_not_before"), ["state", "not_before"], unique=False)
        batch_op.drop_column("channel")

    with op.batch_alter_table("affiliation", schema=None) as batch_op:
        batch_op.drop_index("ix_affiliation_source_row_hash")
        batch_op.drop_column("person_key")
        batch_op.drop_column("row_hash")
        batch_op.add_column(sa.Column("row_hash", sa.String(length=64), nullable=True))

    with op.batch_alter_table("person_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_key_person_id"))

    op.drop_table("person_key")
    with op.batch_alter_table("mail_alias", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_alias_person_id"))

    op.drop_table("mail_alias")
    op.drop_table("source_state")
    op.drop_table("sameness")
    op.drop_table("retired_name")
    op.drop_table("guest")
    op.drop_table("forecast")
    with op.batch_alter_table("approval", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_due_on"))
        batch_op.drop_index(batch_op.f("ix_approval_digest"))

    op.drop_table("approval")

"""The first schema: the brief's five tables, the findings' outcomes and the outbox."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables."""
    _create_jobs()
    _create_audit_log()
    _create_cost_tracking()
    _create_finding_outcomes()
    _create_llm_requests()
    _create_outbox()
    _create_quality_gate_results()


def downgrade() -> None:
    """Drop all tables."""
    for table in ("quality_gate_results", "outbox", "llm_requests", "finding_outcomes", "cost_tracking", "audit_log", "jobs"):
        op.drop_table(table)


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _document() -> TypeEngine[Any]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("tier", sa.String(length=50), nullable=False),
        sa.Column("created_at", _moment(), nullable=False),
        sa.Column("started_at", _moment()),
        sa.Column("completed_at", _moment()),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("quality_score", sa.Numeric(precision=5, scale=2, asdecimal=False)),
        sa.Column("repo_url", sa.Text(), nullable=False),
        sa.Column("branch", sa.String(length=255)),
        sa.Column("findings_count", sa.Integer()),
        sa.Column("metadata", _document()),
        sa.Column("order_document", _document(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255)),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=255)),
        sa.Column("lease_owner", sa.String(length=255)),
        sa.Column("lease_expires_at", _moment()),
        sa.Column("lease_token", sa.BigInteger(), nullable=False),
        sa.Column("error_code", sa.String(length=100)),
        sa.Column("error_message", sa.Text()),
        sa.CheckConstraint("attempt >= 0", name=op.f("ck_jobs_attempt_not_negative")),
        sa.CheckConstraint("cost_micro_usd >= 0", name=op.f("ck_jobs_cost_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("customer_id", "idempotency_key", name=op.f("uq_jobs_customer_id_idempotency_key")),
    )
    op.create_index(op.f("ix_jobs_created_at"), "jobs", ["created_at"])
    op.create_index(op.f("ix_jobs_customer_id_id"), "jobs", ["customer_id", "id"])
    op.create_index(op.f("ix_jobs_status_id"), "jobs", ["status", "id"])


def _create_audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(length=36)),
        sa.Column("user_id", sa.String(length=255)),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("resource", sa.String(length=255)),
        sa.Column("details", _document()),
        sa.Column("ip_address", sa.String(length=45)),
        sa.Column("created_at", _moment(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_audit_log_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_created_at"), "audit_log", ["created_at"])
    op.create_index(op.f("ix_audit_log_job_id"), "audit_log", ["job_id"])
    op.create_index(op.f("ix_audit_log_user_id"), "audit_log", ["user_id"])


def _create_cost_tracking() -> None:
    op.create_table(
        "cost_tracking",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("amount_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("details", _document()),
        sa.Column("created_at", _moment(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_cost_tracking_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_tracking")),
    )
    op.create_index(op.f("ix_cost_tracking_category"), "cost_tracking", ["category"])
    op.create_index(op.f("ix_cost_tracking_job_id"), "cost_tracking", ["job_id"])


def _create_finding_outcomes() -> None:
    op.create_table(
        "finding_outcomes",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=50), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=50), nullable=False),
        sa.Column("tier", sa.String(length=50), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_finding_outcomes_job_id_jobs")),
        sa.PrimaryKeyConstraint("job_id", "position", name=op.f("pk_finding_outcomes")),
    )
    op.create_index(op.f("ix_finding_outcomes_fingerprint"), "finding_outcomes", ["fingerprint"])


def _create_llm_requests() -> None:
    op.create_table(
        "llm_requests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=50), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("error_message", sa.Text()),
        sa.Column("created_at", _moment(), nullable=False),
        sa.CheckConstraint("cost_micro_usd >= 0", name=op.f("ck_llm_requests_cost_not_negative")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_llm_requests_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_llm_requests")),
    )
    op.create_index(op.f("ix_llm_requests_created_at"), "llm_requests", ["created_at"])
    op.create_index(op.f("ix_llm_requests_job_id"), "llm_requests", ["job_id"])
    op.create_index(op.f("ix_llm_requests_provider"), "llm_requests", ["provider"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=255), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("payload", _document(), nullable=False),
        sa.Column("created_at", _moment(), nullable=False),
        sa.Column("published_at", _moment()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_outbox_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_job_id"), "outbox", ["job_id"])
    op.create_index(op.f("ix_outbox_published_at_id"), "outbox", ["published_at", "id"])


def _create_quality_gate_results() -> None:
    op.create_table(
        "quality_gate_results",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("gate_name", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("status_before", sa.String(length=50), nullable=False),
        sa.Column("score", sa.Numeric(precision=5, scale=2, asdecimal=False), nullable=False),
        sa.Column("score_before", sa.Numeric(precision=5, scale=2, asdecimal=False), nullable=False),
        sa.Column("max_score", sa.Numeric(precision=5, scale=2, asdecimal=False), nullable=False),
        sa.Column("details", _document()),
        sa.Column("created_at", _moment(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_quality_gate_results_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_gate_results")),
    )
    op.create_index(op.f("ix_quality_gate_results_gate_name"), "quality_gate_results", ["gate_name"])
    op.create_index(op.f("ix_quality_gate_results_job_id"), "quality_gate_results", ["job_id"])

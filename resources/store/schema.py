"""The tables. Money is integer micro-USD, ids are UUIDv7 text, times are UTC.

The first five tables are the brief's; `finding_outcomes` and `outbox` are ours. A change here needs a new file in
`migrations/versions/` and its revision in `revisions.REVISIONS`; a test holds the two together.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from resources.store.columns import UtcDateTime, document, identifier

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _points() -> Numeric[float]:
    return Numeric(5, 2, asdecimal=False)


def _job_id(*, nullable: bool = False) -> Column[str]:
    return Column("job_id", identifier(), ForeignKey("jobs.id"), nullable=nullable)


JOBS = Table(
    "jobs",
    METADATA,
    Column("id", identifier(), primary_key=True),
    Column("customer_id", String(255), nullable=False),
    Column("status", String(50), nullable=False),
    Column("tier", String(50), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("started_at", UtcDateTime()),
    Column("completed_at", UtcDateTime()),
    Column("cost_micro_usd", BigInteger, nullable=False),
    Column("quality_score", _points()),
    Column("repo_url", Text, nullable=False),
    Column("branch", String(255)),
    Column("findings_count", Integer),
    Column("metadata", document()),
    Column("order_document", document(), nullable=False),
    Column("idempotency_key", String(255)),
    Column("attempt", Integer, nullable=False),
    Column("run_id", String(255)),
    Column("lease_owner", String(255)),
    Column("lease_expires_at", UtcDateTime()),
    Column("lease_token", BigInteger, nullable=False),
    Column("error_code", String(100)),
    Column("error_message", Text),
    UniqueConstraint("customer_id", "idempotency_key"),
    CheckConstraint("cost_micro_usd >= 0", name="cost_not_negative"),
    CheckConstraint("attempt >= 0", name="attempt_not_negative"),
    Index(None, "customer_id", "id"),
    Index(None, "status", "id"),
    Index(None, "created_at"),
)

LLM_REQUESTS = Table(
    "llm_requests",
    METADATA,
    Column("id", identifier(), primary_key=True),
    _job_id(),
    Column("provider", String(50), nullable=False),
    Column("model", String(100), nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("cost_micro_usd", BigInteger, nullable=False),
    Column("latency_ms", Integer, nullable=False),
    Column("status", String(50), nullable=False),
    Column("error_message", Text),
    Column("created_at", UtcDateTime(), nullable=False),
    CheckConstraint("cost_micro_usd >= 0", name="cost_not_negative"),
    Index(None, "job_id"),
    Index(None, "provider"),
    Index(None, "created_at"),
)

GATE_RESULTS = Table(
    "quality_gate_results",
    METADATA,
    Column("id", identifier(), primary_key=True),
    _job_id(),
    Column("gate_name", String(100), nullable=False),
    Column("status", String(50), nullable=False),
    Column("status_before", String(50), nullable=False),
    Column("score", _points(), nullable=False),
    Column("score_before", _points(), nullable=False),
    Column("max_score", _points(), nullable=False),
    Column("details", document()),
    Column("created_at", UtcDateTime(), nullable=False),
    Index(None, "job_id"),
    Index(None, "gate_name"),
)

COST_TRACKING = Table(
    "cost_tracking",
    METADATA,
    Column("id", identifier(), primary_key=True),
    _job_id(),
    Column("category", String(100), nullable=False),
    Column("amount_micro_usd", BigInteger, nullable=False),
    Column("details", document()),
    Column("created_at", UtcDateTime(), nullable=False),
    Index(None, "job_id"),
    Index(None, "category"),
)

AUDIT_LOG = Table(
    "audit_log",
    METADATA,
    Column("id", identifier(), primary_key=True),
    _job_id(nullable=True),
    Column("user_id", String(255)),
    Column("action", String(100), nullable=False),
    Column("resource", String(255)),
    Column("details", document()),
    Column("ip_address", String(45)),
    Column("created_at", UtcDateTime(), nullable=False),
    Index(None, "job_id"),
    Index(None, "user_id"),
    Index(None, "created_at"),
)

FINDING_OUTCOMES = Table(
    "finding_outcomes",
    METADATA,
    Column("job_id", identifier(), ForeignKey("jobs.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("tool", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("severity", String(20), nullable=False),
    Column("category", String(50), nullable=False),
    Column("message", Text, nullable=False),
    Column("outcome", String(50), nullable=False),
    Column("tier", String(50), nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "fingerprint"),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", identifier(), primary_key=True),
    _job_id(),
    Column("customer_id", String(255), nullable=False),
    Column("topic", String(100), nullable=False),
    Column("payload", document(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("published_at", UtcDateTime()),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Index(None, "published_at", "id"),
    Index(None, "job_id"),
)

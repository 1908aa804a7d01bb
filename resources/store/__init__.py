"""The operational store: jobs, their detail rows, the audit log and the outbox, on SQLite or Postgres."""

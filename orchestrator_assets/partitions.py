"""How work is partitioned in Dagster."""

import dagster as dg

# Flat on purpose: a customer x job product of partitions dies at 10,000 jobs (selector 42 s), flat keys hold 100,000.
JOBS = dg.DynamicPartitionsDefinition(name="customer_job")
"""One partition a job, `<customer>/<job_id>`."""

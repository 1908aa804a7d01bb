"""Runs the migrations inside the transaction that `revisions.upgrade` hands over."""

from alembic import context

from resources.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

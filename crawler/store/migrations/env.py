"""Alembic's entry: migrations run on the connection that `crawler.store.database` hands over."""

from alembic import context

from crawler.store import schema, schema_delivery
from crawler.store.columns import metadata

assert schema.article.metadata is schema_delivery.watch.metadata  # both are known to it

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

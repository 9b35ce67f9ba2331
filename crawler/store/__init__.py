"""The store: schema, migrations and every query. The only importer of sqlalchemy."""

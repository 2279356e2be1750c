"""Everything the workers share of the database: tables, engine, migrations, catalog and journal."""

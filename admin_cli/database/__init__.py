"""The database as operators see it: integrity, catalog changes, health. Holds SQL."""

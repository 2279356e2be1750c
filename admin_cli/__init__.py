"""`antrean-admin`, the operators' command line: schema, catalog, broker. One file for each noun."""

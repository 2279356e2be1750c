"""The commands of `antrean-desk`, each of which sends a request and prints its reply."""

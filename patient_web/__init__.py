"""The patients' pages and the gateway for their programs; `antrean-web`."""

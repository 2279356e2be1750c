"""`antrean-admin ticket`: what happened to one ticket, and who did it."""

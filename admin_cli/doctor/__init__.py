"""`antrean-admin doctor`: whether an installation works, and what to do where it does not."""

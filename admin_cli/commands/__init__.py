"""The commands of `antrean-admin`, one file each."""

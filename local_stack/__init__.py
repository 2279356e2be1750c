"""The whole of Antrean on one machine, from nothing: `antrean-stack`."""

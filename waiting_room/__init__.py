"""The waiting room's board: who is called, and where to; `antrean-board`."""

"""`antrean-desk`, the staff's program: run a clinic's queue from the command line, or from a live console."""

"""Pure functions and frozen models of clinics, queues and tickets. No I/O, and no reading of clocks."""

"""Other ways of doing a registrar's work: programs that take its place on its queue, and are measured so."""

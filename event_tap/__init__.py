"""`antrean-events`: what happens in the queues, live and again, as lines for other programs."""

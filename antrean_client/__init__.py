"""A client of Antrean for programs of others: what patients ask, and the events of all queues."""

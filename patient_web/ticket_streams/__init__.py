"""Live tickets: each stream follows some, and is told whenever one of them changes.

`hub` joins events, look-ups and streams; `patches` is what an event tells of its ticket at once; `plan` says
whose place is looked up next; `followed` is what is known of each ticket.
"""

"""What a request may hold at most: for those who send as well as for those who read.

A file of its own, since a command line that only sends need not load the messages' models.
"""

BODY_BYTES_MAX = 32 * 1024
"""Bytes of a request's body; a longer one is refused unread."""

TICKET_CODES_MAX = 100
"""Ticket codes in one look-up."""

NAME_LENGTH_MAX = 100
"""Characters of a patient's name."""

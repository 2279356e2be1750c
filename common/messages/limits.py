"""What a request may hold at most: for those who send as well as for those who read.

A file of its own, since a command line that only sends need not load the messages' models.
"""

from antrean_client import protocol

BODY_BYTES_MAX = protocol.BODY_BYTES_MAX

MESSAGE_BYTES_MAX = 64 * 1024
"""What the broker takes at all (its `max_message_size`); it closes the channel of whoever sends more."""

FRAME_BYTES_MAX = 8 * 1024
"""The longest frame of a connection (the broker's `frame_max`), and so the bound of a message's headers."""

SHORT_FRAME_BYTES_MAX = 4 * 1024
"""The same up to RabbitMQ 4.0, which needs long for headers that are nested as deep as 8 KiB hold."""

CHANNELS_MAX = 16
"""Channels of one connection (the broker's `channel_max`); ours have two open at once at most."""

REPLY_BYTES_MAX = MESSAGE_BYTES_MAX - 4 * 1024
"""What a reply holds at most; the pages of long lists are filled up to it."""

PAGE_LENGTH_MAX = 1000
"""Hospitals or clinics on one page, where they are that short."""

TICKET_CODES_MAX = 100
"""Ticket codes in one look-up."""

SHORT_LIST_MAX = protocol.SHORT_LIST_MAX

NAME_LENGTH_MAX = 100
"""Characters of a patient's name."""

SHOWN_NAME_LENGTH_MAX = NAME_LENGTH_MAX + 12
"""Characters of the name that the desk sees: of a newborn, the mother's with what stands around it."""

RECORD_NUMBER_LENGTH_MAX = 20
"""Characters of a medical record number."""

PLACE_NAME_LENGTH_MAX = 200
"""Characters of a hospital's or a clinic's name."""

CITY_LENGTH_MAX = 100

TIME_ZONE_LENGTH_MAX = 50

HOSPITALS_MAX = 5_000

CLINICS_PER_HOSPITAL_MAX = 200

ROOMS_MAX = 50
"""Rooms of a clinic."""

SKIP_PLACES_MAX = 20
"""Places that who is late goes back."""

ROOM_NAME_LENGTH_MAX = 40
"""Characters of a room's name."""

ROOM_NAMES_BYTES_MAX = 2_200
"""All names of a clinic's rooms as a list in JSON: `desk_queue` has to hold it."""

NUMBER_MAX = 2**31 - 1
"""The largest ticket number: both databases keep it."""

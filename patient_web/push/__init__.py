"""Web Push: telephones are notified of tickets, though the ticket's page is closed.

`subscriptions` is who is to be notified of what, `services` to which hosts that may be sent, `notices` what
is said when; `sending` sends it, `attending` holds the subscriptions and follows their tickets. All of it is
off without a key (`keys`).

Sources: RFC 8030 (Web Push), RFC 8291 (encryption), RFC 8292 (VAPID), https://www.w3.org/TR/push-api/
"""

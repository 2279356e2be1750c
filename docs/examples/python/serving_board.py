"""Keeps what each clinic serves now in a SQLite file. Killed at any moment, it goes on where it stopped.

ANTREAN_AMQP_URL=amqp://NAME:PASSWORD@HOST:5672/ python serving_board.py board.db
"""

import os
import sqlite3
import sys

from antrean_client.position import Position
from antrean_client.subscriber import Subscriber

database = sqlite3.connect(sys.argv[1])
database.execute("CREATE TABLE IF NOT EXISTS serving (place TEXT PRIMARY KEY, number TEXT, room INTEGER)")
database.execute("CREATE TABLE IF NOT EXISTS position (id INTEGER PRIMARY KEY, json TEXT)")
stored = database.execute("SELECT json FROM position").fetchone()
position = Position.from_json(stored[0]) if stored else Position.first()

for batch in Subscriber(os.environ["ANTREAN_AMQP_URL"], position, on_gap=print).batches():
    with database:  # one transaction: what the events say, and how far they were read
        for event in batch.events:
            if event.name == "ticket.called":
                hospital, clinic, _ = event.queue
                row = (f"{hospital}/{clinic}", event.data["display_number"], event.data["room"])
                database.execute("REPLACE INTO serving VALUES (?, ?, ?)", row)
        database.execute("REPLACE INTO position VALUES (0, ?)", [batch.position.to_json()])

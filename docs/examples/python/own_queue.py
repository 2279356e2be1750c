"""Prints the events of an integrator's own queue. Killed at any moment, it goes on where it stopped.

ANTREAN_AMQP_URL=amqp://NAME:PASSWORD@HOST:5672/ python own_queue.py
"""

import json
import os
from urllib.parse import urlsplit

import pika

url = os.environ["ANTREAN_AMQP_URL"]
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
channel.basic_qos(prefetch_count=50)
for delivery, _, body in channel.consume(f"antrean.sub.{urlsplit(url).username}"):
    event = json.loads(body)
    print(event["time"], event["type"], event["subject"], flush=True)
    channel.basic_ack(delivery.delivery_tag)  # once it is done with: what is not comes again

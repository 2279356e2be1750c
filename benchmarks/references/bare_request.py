"""A registration by a bare pika script: what is left of `antrean register` when nothing is checked,
explained or kept. `python -m benchmarks.references.bare_request URL HOSPITAL CLINIC MEDICAL_RECORD_NUMBER`
"""

import json
import sys
import time
import uuid

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Basic

_REPLY_TO = "amq.rabbitmq.reply-to"


def main() -> None:
    """Sends one request, waits for the reply, prints the ticket."""
    url, hospital, clinic, number = sys.argv[1:]
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()

    def replied(
        channel: BlockingChannel, _method: Basic.Deliver, _of: pika.BasicProperties, body: bytes
    ) -> None:
        print(json.loads(body)["ticket_code"])
        channel.stop_consuming()

    channel.basic_consume(_REPLY_TO, replied, auto_ack=True)
    channel.confirm_delivery()
    patient = {"medical_record_number": number, "name": "Siti Aminah", "date_of_birth": "1990-01-31"}
    channel.basic_publish(
        "antrean.patient",
        "register",
        json.dumps({"hospital": hospital, "clinic": clinic, **patient}).encode(),
        pika.BasicProperties(
            type="register",
            message_id=str(uuid.uuid4()),
            reply_to=_REPLY_TO,
            content_type="application/json",
            timestamp=int(time.time()),
            delivery_mode=2,
        ),
        mandatory=True,
    )
    channel.start_consuming()
    connection.close()


if __name__ == "__main__":
    main()

// Prints the events that match a pattern, one JSON line each, until it is interrupted.
//
//   ANTREAN_AMQP_URL=amqp://NAME:PASSWORD@HOST:5672/ node subscribe.js NAME 'RSHS.GIG.ticket.*'
//
// NAME is an integrator (docs/integrators.md): its user may have queues called antrean.sub.NAME only.

import amqp from "amqplib";

const EVENTS_EXCHANGE = "antrean.events";
const PREFETCH = 50;
const SEEN_MAX = 10_000;

const [integrator, pattern] = process.argv.slice(2);
if (!pattern || !process.env.ANTREAN_AMQP_URL) {
  console.error("Set ANTREAN_AMQP_URL, and give: NAME PATTERN");
  process.exit(2);
}

const connection = await amqp.connect(process.env.ANTREAN_AMQP_URL, { heartbeat: 30 });
connection.on("error", (error) => console.error(error.message));
connection.on("close", () => process.exit(69));
const channel = await connection.createChannel();
// The queue stays and collects events while nobody listens.
const { queue } = await channel.assertQueue(`antrean.sub.${integrator}`, {
  durable: true,
  arguments: { "x-queue-type": "quorum" },
});
await channel.bindQueue(queue, EVENTS_EXCHANGE, pattern);
await channel.prefetch(PREFETCH);

const seen = new Set(); // ids of the latest events: each may come more than once
await channel.consume(queue, (message) => {
  if (message === null) process.exit(69); // the broker cancelled the consumer
  const event = JSON.parse(message.content.toString());
  if (!seen.has(event.id)) {
    seen.add(event.id);
    if (seen.size > SEEN_MAX) seen.delete(seen.values().next().value);
    console.log(JSON.stringify(event));
  }
  channel.ack(message);
});
console.error(`listening to ${pattern}`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    connection.removeAllListeners("close");
    await connection.close();
  });
}

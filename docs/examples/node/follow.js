// Prints each event once, in the order of its queue; started again, it goes on where it stopped.
//   ANTREAN_AMQP_URL=amqp://NAME:PASSWORD@HOST:5672/ node follow.js state.json
import fs from "node:fs";
import amqp from "amqplib";

const file = process.argv[2];
const state = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : { next: "first", last: {} };
const held = {}; // by source and sequence, in whose order JavaScript keeps them: what was not given yet
const channel = await (await amqp.connect(process.env.ANTREAN_AMQP_URL)).createChannel();
channel.connection.on("error", console.error).on("close", () => process.exit(69));
await channel.prefetch(1000);
await channel.consume("antrean.journal", (message) => {
  const event = JSON.parse(message.content), offset = message.properties.headers["x-stream-offset"];
  (held[event.source] ??= {})[Number(event.sequence)] = { event, offset, at: Date.now() };
  give(event.source);
  channel.ack(message);
  state.next = Math.min(offset + 1, ...Object.values(held).flatMap(Object.values).map((each) => each.offset));
}, { arguments: { "x-stream-offset": state.next } });
function give(source) {
  for (const [sequence, { event, at }] of Object.entries(held[source])) {
    const expected = (state.last[source] ?? 0) + 1;
    if (sequence > expected && Date.now() - at < 60_000) return; // those before it may still come
    if (sequence > expected) console.error(`missing: ${source} from ${expected} to ${sequence - 1}`);
    if (sequence >= expected) console.log(JSON.stringify(event)); // else it was given before
    state.last[source] = Math.max(sequence, expected - 1);
    delete held[source][sequence];
  }
}
setInterval(() => { // the gaps that no event closes, and how far it has come, whole at every moment
  Object.keys(held).forEach(give);
  fs.writeFileSync(`${file}.new`, JSON.stringify(state));
  fs.renameSync(`${file}.new`, file);
}, 1000);

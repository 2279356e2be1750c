// Takes a number and follows the ticket until it waits no more; prints one JSON line whenever it changed.
//
//   ANTREAN_AMQP_URL=amqp://patient:PASSWORD@HOST:5672/ \
//     node register_and_follow.js RSHS GIG 00123456 "Siti Aminah" 1990-01-31

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { AntreanClient, NoReply, NotTaken, Refused } from "./antrean_client.js";

const LOOK_MS = Number(process.env.LOOK_MS ?? 3_000);

const words = process.argv.slice(2);
if (words.length !== 5 || !process.env.ANTREAN_AMQP_URL) {
  console.error("Set ANTREAN_AMQP_URL, and give: HOSPITAL CLINIC MEDICAL_RECORD_NUMBER NAME DATE_OF_BIRTH");
  process.exit(2);
}
const [hospital, clinic, medical_record_number, name, date_of_birth] = words;
const client = new AntreanClient(process.env.ANTREAN_AMQP_URL);

/** The ticket. The id stays the same over all attempts. */
async function register() {
  const body = { hospital, clinic, medical_record_number, name, date_of_birth };
  const requestId = randomUUID();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.request("register", body, { requestId });
    } catch (error) {
      if (!(error instanceof NoReply || error instanceof NotTaken) || attempt === 3) throw error;
      await sleep(1_000 * attempt);
    }
  }
}

async function follow(ticket) {
  const seen = ({ status, people_ahead, now_serving }) => [status, people_ahead, now_serving].join();
  console.log(JSON.stringify(ticket));
  while (ticket.status === "waiting") {
    await sleep(LOOK_MS);
    const reply = await client.request("ticket_status", { ticket_codes: [ticket.ticket_code] });
    if (seen(reply.tickets[0]) !== seen(ticket)) console.log(JSON.stringify(reply.tickets[0]));
    ticket = reply.tickets[0];
  }
}

try {
  await follow(await register());
} catch (error) {
  console.error(error instanceof Refused ? JSON.stringify(error.problem) : error.message);
  process.exitCode = error instanceof Refused ? 1 : error instanceof NoReply || error instanceof NotTaken ? 75 : 69;
} finally {
  await client.close();
}

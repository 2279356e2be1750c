// Requests to Antrean over RabbitMQ's direct reply-to. docs/protocol.md says why each step is as it is.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import amqp from "amqplib";

const EXCHANGE = "antrean.patient";
const REPLY_TO = "amq.rabbitmq.reply-to";
const PERSISTENT = new Set(["register", "cancel"]); // the requests that change something
const RESEND_MS = 3_000;
const RECONNECT_MS = 500;
const HEARTBEAT_SECONDS = 30;

/** The answer was a problem; decide by `problem.code`. */
export class Refused extends Error {
  constructor(problem) {
    super(`${problem.code}: ${problem.detail}`);
    this.problem = problem;
  }
}

/** The broker did not take the request: its queue is full, or no queue is bound for it. Nothing was done. */
export class NotTaken extends Error {}

/** No answer in time. What was asked may have been done: ask again with the same `requestId`. */
export class NoReply extends Error {
  constructor(requestId) {
    super(`no answer in time to request ${requestId}`);
    this.requestId = requestId;
  }
}

export class AntreanClient {
  #url;
  #connection;
  #channel;
  #waiting = new Map(); // correlation id -> { resolve, reject } of the attempt that waits for it

  constructor(url) {
    this.#url = url;
  }

  /** The reply's body. Throws Refused, NotTaken, NoReply, or what connecting for the first time threw. */
  async request(name, body, { requestId = randomUUID(), timeoutMs = 15_000 } = {}) {
    const content = Buffer.from(JSON.stringify(body));
    const options = {
      type: name,
      messageId: requestId,
      correlationId: randomUUID(),
      replyTo: REPLY_TO,
      contentType: "application/json",
      timestamp: Math.floor(Date.now() / 1000),
      persistent: PERSISTENT.has(name),
      mandatory: true,
    };
    const deadline = Date.now() + timeoutMs;
    let channel = this.#channel ?? (await this.#openChannel());
    while (Date.now() < deadline) {
      // Sent again with the same message id, it is carried out once.
      const reply = await this.#attempt(channel, content, options, Math.min(RESEND_MS, deadline - Date.now()));
      if (reply?.name === "problem") throw new Refused(reply.body);
      if (reply) return reply.body;
      channel = await this.#reopenedChannel(deadline);
      if (!channel) break;
    }
    throw new NoReply(requestId);
  }

  async close() {
    await this.#connection?.close().catch(() => {});
  }

  /** The reply; nothing if none came in `waitMs` or the connection was lost. */
  #attempt(channel, content, options, waitMs) {
    const id = options.correlationId;
    let timer;
    const answered = new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      timer = setTimeout(resolve, waitMs);
      channel.publish(EXCHANGE, options.type, content, options, (error) => {
        // A refusal, unless the channel is gone, which settles the attempt by itself.
        if (error && this.#channel === channel) reject(new NotTaken("the queue for such requests is full"));
      });
    });
    return answered.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(id);
    });
  }

  /** The channel, opened again if it was lost; nothing if that fails until `deadline`. */
  async #reopenedChannel(deadline) {
    while (!this.#channel && Date.now() < deadline) {
      await this.#openChannel().catch(() => sleep(RECONNECT_MS));
    }
    return this.#channel;
  }

  async #openChannel() {
    const connection = await amqp.connect(this.#url, {
      heartbeat: HEARTBEAT_SECONDS,
      timeout: 5_000,
      clientProperties: { connection_name: "antrean example client" },
    });
    connection.on("error", () => {}); // "close" follows
    const channel = await connection.createConfirmChannel();
    channel.on("error", () => {});
    channel.on("close", () => this.#lost(connection, channel));
    connection.on("close", () => this.#lost(connection, channel));
    channel.on("return", (message) => {
      const waiting = this.#waiting.get(message.properties.correlationId);
      waiting?.reject(new NotTaken("no queue is bound for this request"));
    });
    // The consumer of replies comes first, on the channel that publishes.
    await channel.consume(REPLY_TO, (message) => this.#answered(message), { noAck: true });
    this.#connection = connection;
    this.#channel = channel;
    return channel;
  }

  #answered(message) {
    if (message === null) return; // the broker cancelled the consumer, and closes the channel
    const { type, correlationId } = message.properties;
    const body = JSON.parse(message.content.toString());
    this.#waiting.get(correlationId)?.resolve({ name: type, body });
  }

  #lost(connection, channel) {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    for (const { resolve } of this.#waiting.values()) resolve();
    connection.close().catch(() => {});
  }
}

"""The process that moves queues forward by the clock: it claims what is due, emits ticks and applies them."""

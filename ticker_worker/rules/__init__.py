"""What time and the desk do to queues, decided without SQL, broker or clock: only the ticker needs it."""

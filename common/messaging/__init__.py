"""Everything that touches RabbitMQ: topology, connections, consumer, publisher, worker, RPC client."""

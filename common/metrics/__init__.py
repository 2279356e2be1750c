"""What a worker tells Prometheus, and those who ask whether it is healthy, over HTTP."""

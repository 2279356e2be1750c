"""What the web processes share: the only place that imports uvicorn and sse-starlette."""

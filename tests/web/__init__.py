"""The web processes over HTTP, without a browser."""

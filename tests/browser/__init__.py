"""Pages of the web processes in a real browser."""

"""What travels: requests, replies, problems and events, and their limits (see docs/protocol.md)."""

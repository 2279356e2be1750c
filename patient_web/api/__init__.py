"""What programs ask over HTTPS: the requests of docs/protocol.md, as docs/api.md says."""

"""AsyncAPI's own parser, a program in Node, over docs/asyncapi.yaml."""

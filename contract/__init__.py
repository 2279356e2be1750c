"""What integrators build on, from the code: docs/asyncapi.yaml, docs/schemas and docs/contract.html."""

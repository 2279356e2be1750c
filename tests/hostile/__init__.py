"""Attacks on the whole system, with honest patients and a desk beside them: `make hostile`.

docs/security.md has what is seen. Each attack runs as a process of its own with the password of its attacker,
honest people are another, and `run.py` measures what these notice.
"""

"""The attacks by script: `python -m tests.hostile.attacks ATTACK SCENE FINDINGS SECONDS`."""

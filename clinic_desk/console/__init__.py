"""The live console: the queue as it moves, one key for each action. Only here is textual imported."""

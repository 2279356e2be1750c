"""What is counted of notifications: plain numbers, which the loop writes and another thread reads."""

from collections import Counter


class PushCounts:
    """Counts since the start, and how many subscriptions are held now."""

    def __init__(self) -> None:
        self.notifications: Counter[str] = Counter()
        """By what came of them: the values of `sending.Result`."""
        self.held = 0

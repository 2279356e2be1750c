"""The console's keys: which there are (`table.py`), and what they do."""

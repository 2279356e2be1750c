"""The board's voice: its clips, how they are made, and how browsers get them."""

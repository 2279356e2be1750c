"""How results are shown on the terminal."""

"""Measures the real workers beside other ways of doing the same, on one broker and one database."""

"""What patients and staff are told, in words: the same on terminals and in browsers."""

"""The process that answers look-ups and changes nothing."""

"""One file for each revision; their ids count up: 0001, 0002 ..."""

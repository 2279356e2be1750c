"""What the command lines for patients and for staff have in common: how they ask, answer, fail and speak."""

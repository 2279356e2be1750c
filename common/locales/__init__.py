"""What users are told: a catalog of sentences for each language (see common/translation.py)."""

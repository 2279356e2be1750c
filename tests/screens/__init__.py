"""`make screenshots`: pictures of what patients and waiting rooms see, for the documents."""

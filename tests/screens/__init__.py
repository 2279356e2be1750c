"""`make screenshots`: pictures of what patients see, for the documents."""

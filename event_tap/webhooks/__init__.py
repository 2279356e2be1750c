"""Events as webhooks: signed, sent in the order of each queue, and sent again until they are taken."""

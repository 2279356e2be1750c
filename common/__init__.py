"""What two or more of Antrean's processes need: the domain, the messages, the broker and the store."""

"""`antrean-admin top`: is anybody waiting on us, where and since when, and what has to be started."""

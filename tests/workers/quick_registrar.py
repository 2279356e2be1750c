"""A registrar that drops an event after three refusals by a queue: after 1 s instead of 20 s."""

from common.messaging import publisher
from registrar_worker.__main__ import main

if __name__ == "__main__":
    vars(publisher)["REFUSALS_MAX"] = 3
    main()

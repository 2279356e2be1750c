"""`antrean-web` or `antrean-board`, whichever is given a port, that waits for half a second only: for what
clients send, and, as a board, for answers."""

import os

from common.web import security, server
from patient_web.__main__ import main as web
from waiting_room import app
from waiting_room.__main__ import main as board

SECONDS_MAX = 0.5

if __name__ == "__main__":
    vars(server)["HEAD_SECONDS_MAX"] = SECONDS_MAX
    vars(security)["BODY_SECONDS_MAX"] = SECONDS_MAX
    vars(app)["ANSWER_SECONDS_MAX"] = SECONDS_MAX
    main = board if "ANTREAN_BOARD_PORT" in os.environ else web
    main()

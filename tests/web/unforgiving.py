"""`antrean-web` where a device that has guessed too many codes gets no other guess for a quarter of an hour,
however slow the machine is."""

from patient_web import admission
from patient_web.__main__ import main

if __name__ == "__main__":
    vars(admission)["WRONG_CODES_OF_DEVICE"] = admission.WRONG_CODES_OF_DEVICE._replace(per_second=0.001)
    main()

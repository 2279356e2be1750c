"""`antrean`, the patient's command line: take a number, follow it until called, give it up."""

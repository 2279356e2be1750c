"""Checks how far the estimates of waiting time can be trusted: `make calibrate`.

An independent simulator (ciw) makes days of clinics; the real domain code is told of them only what the
system would know at each moment, and its estimates are held against what then happened.
"""

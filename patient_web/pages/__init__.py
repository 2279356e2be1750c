"""The patients' pages: HTML that works without scripts, and the kiosk."""

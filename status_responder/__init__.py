"""The process that answers look-ups, and records who of the staff was shown names of patients."""

"""Codes of hospitals and clinics, as they are typed."""


def normal_code(text: str) -> str:
    """A hospital's or clinic's code as the catalog writes it."""
    return text.strip().upper()

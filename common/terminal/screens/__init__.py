"""What full-screen programs (Textual) have in common: questions, forms, the bar of keys."""

from pathlib import Path
from typing import Final

DIALOGS_CSS: Final = Path(__file__).with_name("dialogs.tcss")
"""How dialogs and the bar of keys look; an app adds its own."""

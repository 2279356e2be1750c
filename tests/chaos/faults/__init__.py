"""The faults of a chaos run, each a generator that the driver resumes; see `tests.chaos.plan`."""

from tests.chaos.faults.injector import Injector
from tests.chaos.faults.steps import Note, Steps

__all__ = ["Injector", "Note", "Steps"]

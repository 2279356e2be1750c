"""The alarm that memory is short, raised and ended by a node's own monitor: what to evaluate there."""

from tests.processes import SECONDS_MAX

_POLL_SECONDS = 0.05

WATERMARK = "vm_memory_monitor:get_vm_memory_high_watermark()."
"""Says how much of the machine's memory is too much."""

RAISED_AT = "1.0e-6"
"""Of this machine's memory: any node has more."""


def set_watermark(watermark: str, *, alarm: bool) -> str:
    """Sets the watermark, and says `true` once the alarm is raised, or is over, for all who publish; `false`
    where that does not come about. The monitor leaves both to another process."""
    return (
        f"vm_memory_monitor:set_vm_memory_high_watermark({watermark}),"
        "Raised = fun() ->"
        " lists:keymember({resource_limit, memory, node()}, 1, rabbit_alarm:get_alarms()) end,"
        "Await = fun Await(Left) ->"
        f" Raised() =:= {str(alarm).lower()} orelse"
        f" (Left > 0 andalso begin timer:sleep({_POLL_SECONDS * 1000:.0f}), Await(Left - 1) end) end,"
        f"Await({SECONDS_MAX / _POLL_SECONDS:.0f})."
    )

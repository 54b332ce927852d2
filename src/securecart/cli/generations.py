"""The counters of what is written to an installation's store.

They are in its directory, so that all who can reach the store's socket share
them: the workers, whoever keeps house, and those of a second `serve aws`.
"""

from securecart.adapters.lane_file import LaneFile
from securecart.cli.installation import Installation
from securecart.serve.gateway.generations import (
    FRONT_BYTES,
    LANE_BYTES,
    LANES,
    Generations,
)


def open_lanes(installation: Installation) -> LaneFile:
    """Open them; whoever takes a lane holds it until it is closed."""
    return LaneFile(
        installation.directory / "generations",
        front=FRONT_BYTES,
        lanes=LANES,
        size=LANE_BYTES,
    )


def join_generations(installation: Installation) -> Generations:
    """Answer them for a process that takes its lane for life."""
    lanes = open_lanes(installation)
    return Generations(lanes.memory, lanes)

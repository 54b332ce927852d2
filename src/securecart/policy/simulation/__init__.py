"""One request and its policies as JSON, to be tried without an account.

Uses the rest of `policy`. Beside `read_simulation` stands what it reads:
`Simulation`, which decides as the servers would.
"""

from securecart.policy.simulation.errors import MalformedSimulation
from securecart.policy.simulation.read import read_simulation
from securecart.policy.simulation.simulation import Rule, Simulation

__all__ = ["MalformedSimulation", "Rule", "Simulation", "read_simulation"]

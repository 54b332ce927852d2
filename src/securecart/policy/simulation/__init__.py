"""One request and its policies as JSON, to be tried without an account.

Uses the rest of `policy`. Beside `read_simulation` stands what it reads:
`Simulation`, which decides as the servers would.
"""

from securecart.policy.simulation.context_keys import context_keys
from securecart.policy.simulation.errors import MalformedSimulation
from securecart.policy.simulation.positions import Position, statement_spans
from securecart.policy.simulation.read import read_simulation
from securecart.policy.simulation.simulation import Rule, Simulation

__all__ = [
    "MalformedSimulation",
    "Position",
    "Rule",
    "Simulation",
    "context_keys",
    "read_simulation",
    "statement_spans",
]

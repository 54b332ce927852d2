"""The command `securecart`, which soon keeps answers again.

A quarter of a minute after a write whose outcome is not known, where the product
waits for a whole one.
"""

from functools import partialmethod

from securecart.cli.main import main
from securecart.serve.gateway.generations import Generations

_SECONDS = 15.0

if __name__ == "__main__":
    shorter = partialmethod(Generations.__init__, quiet_seconds=_SECONDS)
    Generations.__init__ = shorter  # type: ignore[method-assign,assignment]  # there is no switch
    main()

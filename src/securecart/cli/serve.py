"""Each long-running process: its adapters joined to its server."""

from securecart.cli.clock import system_clock
from securecart.cli.listening import listen
from securecart.cli.logs import log_to_stderr
from securecart.cli.place import Place


def run_part(part: str, place: Place) -> None:
    """Serve one part until it is asked to stop.

    Raises:
        SecureCartError: if it cannot start; the message says what to do.
    """
    log_to_stderr()
    sockets = listen(place.listening(part), option=f"--{part}-port").sockets
    if part == "aws":
        from securecart.cli.serve_aws import serve_aws

        serve_aws(place, sockets)
    elif part == "idp":
        from securecart.cli.serve_idp import serve_idp

        serve_idp(place, sockets, system_clock)
    else:
        from securecart.cli.serve_portal import serve_portal

        serve_portal(place, sockets, system_clock)

"""Addresses that an identity provider may be reached at."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_trustworthy(address: str) -> bool:
    """Whether nobody on the way can change what is read there.

    That is https, or plain http that never leaves this machine. An address
    with credentials or a fragment in it is not accepted.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    printable = address.isascii() and address.isprintable() and " " not in address
    if not host or not printable or "@" in parts.netloc or "#" in address:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_on_loopback(address: str) -> bool:
    """Whether a well-formed address is of this machine."""
    return is_loopback(urlsplit(address).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name or its address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

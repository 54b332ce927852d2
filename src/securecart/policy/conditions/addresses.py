"""IpAddress and NotIpAddress: CIDR ranges of IPv4 and IPv6."""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

_MAPPED_PREFIX = 96
"""The bits of `::ffff:0:0/96` (RFC 4291, section 2.5.5.2)."""


def read_range(text: str) -> IPv4Network | IPv6Network:
    """Read `203.0.113.0/24`, or an address for itself alone.

    A range of IPv4 mapped into IPv6 is the one of IPv4, as in `read_address`.

    Raises:
        ValueError: if the text is neither; netmasks and zones are not read.
    """
    _, slash, prefix = text.partition("/")
    if "%" in text or (slash and not (prefix.isascii() and prefix.isdigit())):
        raise ValueError(f"not a CIDR range: {text[:60]!r}")
    network = ip_network(text, strict=False)
    mapped = (
        isinstance(network, IPv6Network)
        and network.prefixlen >= _MAPPED_PREFIX
        and network.network_address.ipv4_mapped
    )
    return (
        ip_network((mapped, network.prefixlen - _MAPPED_PREFIX)) if mapped else network
    )


def read_address(text: str) -> IPv4Address | IPv6Address:
    """Read an address; one of IPv4 that came mapped into IPv6 is itself.

    Raises:
        ValueError: if the text is none.
    """
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def lies_within(
    address: IPv4Address | IPv6Address, wanted: IPv4Network | IPv6Network
) -> bool:
    """Whether the request's address lies in the policy's range."""
    return address in wanted

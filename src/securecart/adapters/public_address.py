"""Which IP addresses are the Internet's, and which are somebody's own.

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 6890.
"""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

# Public by their number, and still no place for strangers' documents: the
# helper that every Azure machine reaches, and IPv4 in the clothes of IPv6, by
# which a private address passes for a public one (RFC 6052, 8215, 3056, 4380).
_REFUSED: Final = tuple(
    map(
        ip_network,
        (
            *("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24"),
            *("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"),
            *("2002::/16", "2001::/23", "3fff::/20", "5f00::/16", "fec0::/10"),
        ),
    )
)


def is_public(address: str) -> bool:
    """Say whether an IP address is one that everybody may reach.

    Loopback, private, link-local (with the metadata services of clouds),
    multicast and reserved addresses are none, nor is what is no address.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        return False
    return (
        found.is_global
        and not found.is_multicast
        and not found.is_reserved
        and not any(
            found in network for network in _REFUSED if network.version == found.version
        )
    )

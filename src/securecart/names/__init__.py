"""The nouns that every room shares: ARNs, principals, sessions, credentials.

Floor 0. Pure data; nothing here touches the world or knows a protocol.
"""

"""The commands, the settings, and the composition root.

Floor 6, and the only room that joins adapters to servers.
"""

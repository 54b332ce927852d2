"""Proves that no session reaches another's folder, or shows the one that does.

Floor 2, sans-IO. Uses `policy` and `names`; mirrors `policy` file by file.
"""

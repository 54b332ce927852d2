"""IAM: roles, users, providers and policies of the account.

Floor 3, pure. Uses `policy` to read and decide, `federation` to read a SAML
provider's metadata, `sealing` for the secrets of access keys. Storage is the
port `names.entities`; each AWS operation is a function of its snake-cased
name, and `OPERATIONS` finds it by AWS's.
"""

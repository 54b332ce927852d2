"""KMS: keys that never leave, data keys, aliases and key policies.

Floor 3, pure. Uses `policy` to read and decide key policies and `sealing`
for the material. Storage is the port `names.entities`; each AWS operation is
a function of its snake-cased name, and `OPERATIONS` finds it by AWS's.
"""

from securecart.kms.authorizer import S3, KeyAuthorizer
from securecart.kms.call import Call, Change, Result
from securecart.kms.checks import Check
from securecart.kms.entities import Alias, Key
from securecart.kms.find import find_key
from securecart.kms.keys import destroy_due_keys
from securecart.kms.operations import OPERATIONS, Changing, Operation, Reading
from securecart.kms.rotation import rotate_due_keys

__all__ = [
    "OPERATIONS",
    "S3",
    "Alias",
    "Call",
    "Change",
    "Changing",
    "Check",
    "Key",
    "KeyAuthorizer",
    "Operation",
    "Reading",
    "Result",
    "destroy_due_keys",
    "find_key",
    "rotate_due_keys",
]

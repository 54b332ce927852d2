"""GetCallerIdentity."""

from securecart.sts.call import Call, Result


def get_caller_identity(call: Call) -> Result:
    """Answer who signed the request; no policy can deny it."""
    return {
        "UserId": call.caller.userid,
        "Account": call.caller.account,
        "Arn": call.caller.arn,
    }

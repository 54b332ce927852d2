"""What AWS has and this account cannot: asked for before a delete or refresh.

Lists are empty and things are not found, truthfully, so that clients which
look for them go on. Nothing here can be made.

Source: AWS IAM API Reference.
"""

from collections.abc import Callable, Mapping

from securecart.iam.call import Call, Result
from securecart.iam.errors import NoSuchEntity
from securecart.iam.find import role_in, user_in
from securecart.iam.paging import page
from securecart.iam.targets import TargetOf, all_of, anything, named, role, user

Answer = Callable[[Call], Result]


def _none(member: str, owner: Callable[[Call], object] | None = None) -> Answer:
    def answer(call: Call) -> Result:
        if owner is not None:
            owner(call)
        return page(call, member, {})

    return answer


def _of_caller_or_user(call: Call) -> None:
    if "UserName" in call.parameters:
        user_in(call)


def _not_found(what: str, parameter: str) -> Answer:
    def answer(call: Call) -> Result:
        name = call.text(parameter)
        raise NoSuchEntity(f"{what} {name[:200]} cannot be found.")

    return answer


def get_account_password_policy(call: Call) -> Result:
    """Say that there is none: nobody has a password here."""
    raise NoSuchEntity(
        f"The Password Policy with domain name {call.account} cannot be found."
    )


ABSENT: Mapping[str, tuple[Answer, TargetOf]] = {
    "ListInstanceProfiles": (_none("InstanceProfiles"), all_of("instance-profile")),
    "ListInstanceProfilesForRole": (_none("InstanceProfiles", role_in), role),
    "ListMFADevices": (_none("MFADevices", _of_caller_or_user), user),
    "ListVirtualMFADevices": (_none("VirtualMFADevices"), anything),
    "ListSigningCertificates": (_none("Certificates", _of_caller_or_user), user),
    "ListSSHPublicKeys": (_none("SSHPublicKeys", _of_caller_or_user), user),
    "ListServiceSpecificCredentials": (
        _none("ServiceSpecificCredentials", _of_caller_or_user),
        user,
    ),
    "ListServerCertificates": (
        _none("ServerCertificateMetadataList"),
        all_of("server-certificate"),
    ),
    "GetLoginProfile": (_not_found("Login Profile for User", "UserName"), user),
    "DeleteLoginProfile": (_not_found("Login Profile for User", "UserName"), user),
    "GetInstanceProfile": (
        _not_found("Instance Profile", "InstanceProfileName"),
        named("instance-profile", "InstanceProfileName"),
    ),
    "GetServerCertificate": (
        _not_found("The Server Certificate with name", "ServerCertificateName"),
        named("server-certificate", "ServerCertificateName"),
    ),
    "GetAccountPasswordPolicy": (get_account_password_policy, anything),
}
"""Each operation's answer, and what it is authorised against."""

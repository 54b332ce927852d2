"""What holds with every OpenID provider, whoever wrote it."""

import pytest
from botocore.exceptions import ClientError
from tests.interop.identity_providers.browser import Browser
from tests.interop.identity_providers.openid.setting import CLIENT, Person, Setting


def reaches_own_folder_only(
    setting: Setting, browser: Browser, who: Person, *, mfa: bool
) -> None:
    """From the portal to the provider and back, to credentials for S3."""
    told = setting.signed_in(browser, who)
    assert (told["person"], told["name"]) == (who.name, who.name.title())
    assert (told["email"], told["mfa"]) == (f"{who.name}@example.com", mfa)
    folder, bucket = told["folder"], told["bucket"]
    assert folder.endswith(f":{who.name}/")
    s3 = setting.running.client("s3", told["credentials"])
    s3.put_object(Bucket=bucket, Key=f"{folder}a.txt", Body=b"mine")
    read = s3.get_object(Bucket=bucket, Key=f"{folder}a.txt")
    assert read["Body"].read() == b"mine"
    # Names that begin alike must not be enough.
    for theirs in (folder.replace(who.name, f"{who.name}2"), folder[:-2] + "/"):
        for call, asked in (
            (s3.put_object, {"Key": f"{theirs}a.txt", "Body": b""}),
            (s3.get_object, {"Key": f"{theirs}a.txt"}),
            (s3.list_objects_v2, {"Prefix": theirs}),
        ):
            with pytest.raises(ClientError) as error:
                call(Bucket=bucket, **asked)
            assert error.value.response["Error"]["Code"] == "AccessDenied"


def is_redeemed_under_own_name_only(
    setting: Setting, who: Person, id_token: str
) -> None:
    """By unchanged boto3, without a portal; the trust policy pins the name."""
    sts = setting.running.client("sts")
    role = setting.running.client("iam").get_role(RoleName="SecureCartEmployee")
    asked = {"RoleArn": role["Role"]["Arn"], "WebIdentityToken": id_token}
    answer = sts.assume_role_with_web_identity(RoleSessionName=who.name, **asked)
    assert answer["SubjectFromWebIdentityToken"] == who.name
    assert answer["Audience"] == CLIENT
    with pytest.raises(ClientError) as error:
        sts.assume_role_with_web_identity(RoleSessionName=f"{who.name}2", **asked)
    assert error.value.response["Error"]["Code"] == "AccessDenied"

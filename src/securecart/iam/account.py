"""The first user of a new account."""

from datetime import datetime

from securecart.iam.access_keys import create_access_key, keys_of, unsealed_secret
from securecart.iam.call import Change
from securecart.iam.find import find_user
from securecart.iam.inline_policies import put_user_policy
from securecart.iam.users import create_user
from securecart.names.clock import Random
from securecart.names.credentials import Credentials
from securecart.names.entities import Entities
from securecart.names.principal import Root
from securecart.sealing import Keyring

ADMINISTRATOR = "admin"
_POLICY_NAME = "AdministratorAccess"
_POLICY = (
    '{"Version": "2012-10-17", "Statement": '
    '[{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)


def create_administrator(
    entities: Entities,
    account: str,
    *,
    keyring: Keyring,
    now: datetime,
    random: Random,
) -> Credentials:
    """Answer the administrator's access key; make user and key where missing.

    The account's root does it, as whoever opens an AWS account does: nobody
    else is there yet. An administrator whose policy was changed keeps it so.
    """

    def change(**parameters: str) -> Change:
        return Change(
            store=store,
            account=account,
            caller=Root(account),
            parameters={"UserName": ADMINISTRATOR} | parameters,
            now=now,
            random=random,
            keyring=keyring,
        )

    with entities.writing() as store:
        user = find_user(store, ADMINISTRATOR)
        if user is None:
            create_user(change())
            put_user_policy(change(PolicyName=_POLICY_NAME, PolicyDocument=_POLICY))
        else:
            for key in keys_of(store, user):
                if key.active:
                    secret = unsealed_secret(key, keyring)
                    return Credentials(key.access_key_id, secret)
        made = create_access_key(change())["AccessKey"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"])

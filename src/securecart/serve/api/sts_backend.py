"""STS behind the pipeline."""

from contextlib import AbstractContextManager, nullcontext

from securecart import sts
from securecart.names.clock import Random
from securecart.names.principal import Federated, Principal
from securecart.serve.api.backend import Asked, Result, Work
from securecart.serve.api.errors import OperationNotOffered
from securecart.trail import Resource
from securecart.wire.service import Service


class StsBackend:
    """Implements `Backend`. Its operations decide by trust policies themselves."""

    source = "sts.amazonaws.com"
    unsigned = sts.UNSIGNED

    def __init__(
        self,
        wire: Service,
        ports: sts.Ports,
        *,
        account: str,
        regions: frozenset[str],
        random: Random,
    ) -> None:
        self.wire = wire
        self.regions = regions
        self._ports = ports
        self._account = account
        self._random = random

    def open(self, asked: Asked) -> AbstractContextManager[Work]:
        """See `Backend.open`."""
        operation = sts.OPERATIONS.get(asked.operation)
        if operation is None:
            raise OperationNotOffered(asked.operation)
        sts.check_credentials(asked.operation, asked.caller, self._ports.policies)
        call = sts.Call(
            ports=self._ports,
            account=self._account,
            caller=asked.caller,
            parameters=asked.parameters,
            context=asked.context,
            now=asked.now,
            random=self._random,
        )
        role = asked.parameters.get("RoleArn")
        resource = Resource("AWS::IAM::Role", str(role), self._account)
        work = Work(
            require=lambda: None,
            run=lambda: operation(call),
            read_only=True,
            resources=() if role is None else (resource,),
        )
        return nullcontext(work)

    def vouched_for(self, asked: Asked, result: Result) -> Principal:
        """See `Backend.vouched_for`: here a provider may have vouched."""
        match asked.operation:
            case "AssumeRoleWithSAML":
                provider, subject = asked.parameters["PrincipalArn"], result["Subject"]
            case "AssumeRoleWithWebIdentity":
                provider = result["Provider"]
                subject = result["SubjectFromWebIdentityToken"]
            case _:
                return asked.caller
        return Federated(self._account, str(provider), str(subject))

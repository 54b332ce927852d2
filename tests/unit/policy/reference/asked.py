"""What the engine is asked, put to the reference."""

import json
from typing import Literal, cast

from tests.unit.policy.reference.decision import Case, Document, Verdict, judge

from securecart.policy import Layers, Policy, Request


def judged(decides: str, layers: Layers, request: Request) -> Verdict:
    """Judge by the documents that the engine's policies were read from."""
    return judge(
        Case(
            decides=cast("Literal['', 'key', 'trust']", decides),
            principal=request.principal,
            action=request.action,
            resource=request.resource,
            context=request.context,
            resource_account=request.resource_account,
            identity=_documents(layers.identity),
            boundary=_document(layers.boundary),
            session=None if layers.session is None else _documents(layers.session),
            owner=_document(layers.resource),
            asserted=request.asserted,
        )
    )


def _document(policy: Policy | None) -> Document | None:
    return None if policy is None else _documents((policy,))[0]


def _documents(policies: tuple[Policy, ...]) -> list[Document]:
    return [json.loads(policy.text) for policy in policies]

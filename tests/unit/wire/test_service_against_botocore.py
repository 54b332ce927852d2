"""Requests that boto3 writes are read, and what we write boto3 reads back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote, urlencode

import pytest
from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StructureShape,
)
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st

from securecart.adapters.service_models import load_service_model
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.service import Service
from securecart.wire.service.json_input import json_input
from securecart.wire.service.patterns import compiled
from securecart.wire.service.query_input import query_input, query_parameters

MODELS = {name: load_service_model(name) for name in ("iam", "sts", "kms")}


def renamed_and_flattened() -> ServiceModel:
    """Make a model with every serialisation trait that the three do not use."""
    shapes = {
        "In": {
            "type": "structure",
            "members": {
                "Flat": {"shape": "FlatList"},
                "Named": {"shape": "NamedList", "locationName": "Other"},
                "FlatNamed": {"shape": "FlatNamedList"},
                "Map": {"shape": "Map"},
                "FlatMap": {"shape": "FlatMap"},
                "Number": {"shape": "Long"},
                "Real": {"shape": "Double"},
                "Blob": {"shape": "Blob"},
                "When": {"shape": "When"},
                "Yes": {"shape": "Yes"},
                "Inner": {"shape": "In"},
            },
        },
        "FlatList": {"type": "list", "member": {"shape": "Text"}, "flattened": True},
        "NamedList": {
            "type": "list",
            "member": {"shape": "Text", "locationName": "item"},
        },
        "FlatNamedList": {
            "type": "list",
            "member": {"shape": "Text", "locationName": "piece"},
            "flattened": True,
        },
        "Map": {
            "type": "map",
            "key": {"shape": "Text", "locationName": "Name"},
            "value": {"shape": "NamedList", "locationName": "Content"},
        },
        "FlatMap": {
            "type": "map",
            "key": {"shape": "Text"},
            "value": {"shape": "Text"},
            "flattened": True,
        },
        "Text": {"type": "string"},
        "Long": {"type": "long"},
        "Double": {"type": "double"},
        "Blob": {"type": "blob"},
        "When": {"type": "timestamp"},
        "Yes": {"type": "boolean"},
    }
    operation = {
        "name": "Do",
        "http": {"method": "POST", "requestUri": "/"},
        "input": {"shape": "In"},
        "output": {"shape": "In", "resultWrapper": "DoResult"},
    }
    return ServiceModel(
        {
            "metadata": {
                "apiVersion": "2026-01-01",
                "protocol": "query",
                "endpointPrefix": "odd",
                "serviceId": "odd",
                "xmlNamespace": "urn:odd",
                "signatureVersion": "v4",
            },
            "operations": {"Do": operation},
            "shapes": shapes,
        },
        "odd",
    )


MODELS["odd"] = renamed_and_flattened()
OPERATIONS = [
    (name, operation)
    for name, model in MODELS.items()
    for operation in model.operation_names
]

characters = st.characters(
    exclude_categories=["Cs"], exclude_characters=[chr(c) for c in range(32)]
)
texts = st.text(characters.filter(lambda c: c not in "\ufffe\uffff"), max_size=8)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": texts,
    "integer": st.integers(-(2**31), 2**31),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "blob": st.binary(max_size=8),
    "timestamp": st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - hypothesis wants naive bounds
        lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
    ),
}


def values(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """Generate what a shape may hold, constraints aside."""
    most = 3 if depth < 4 else 0
    if isinstance(shape, StructureShape):
        members = {
            name: values(member, depth + 1)
            for name, member in shape.members.items()
            if depth < 4 or member.type_name in SCALARS
        }
        if shape.metadata.get("union"):
            return st.one_of(
                [st.fixed_dictionaries({n: v}) for n, v in members.items()]
            )
        return st.fixed_dictionaries({}, optional=members)
    if isinstance(shape, ListShape):
        return st.lists(values(shape.member, depth + 1), min_size=1, max_size=most + 1)
    if isinstance(shape, MapShape):
        return st.dictionaries(
            values(shape.key), values(shape.value, depth + 1), min_size=1, max_size=2
        )
    if shape.name == "policyDocumentType":
        return st.just('{"Version": "2012-10-17"}')
    return SCALARS[shape.type_name]


def without_empties(value: Any) -> Any:
    """Drop what is empty: the query protocol cannot express it everywhere."""
    if isinstance(value, dict):
        kept = {name: without_empties(member) for name, member in value.items()}
        return {name: member for name, member in kept.items() if member not in ({}, [])}
    if isinstance(value, list):
        return [item for item in map(without_empties, value) if item not in ({}, [])]
    return value


def sent(
    model: ServiceModel, operation: str, parameters: dict[str, Any]
) -> HttpRequest:
    """Write a request as boto3 does, constraints unchecked."""
    serializer = create_serializer(model.metadata["protocol"], include_validation=False)
    request = serializer.serialize_to_request(
        parameters, model.operation_model(operation)
    )
    body = request["body"]
    return HttpRequest(
        "POST",
        "/",
        tuple((name.lower(), value) for name, value in request["headers"].items()),
        urlencode(body).encode() if isinstance(body, dict) else cast("bytes", body),
    )


def read_back(
    model: ServiceModel, operation: str, response: HttpResponse
) -> dict[str, Any]:
    """Parse an answer as boto3 does."""
    shape = model.operation_model(operation).output_shape
    assert shape is not None
    parsed = create_parser(model.metadata["protocol"]).parse(
        {
            "status_code": response.status,
            "headers": {"x-amzn-requestid": "r-1", **dict(response.headers)},
            "body": response.body,
        },
        shape,
    )
    return cast("dict[str, Any]", parsed)


def operations_with(
    shape_of: Callable[[OperationModel], Shape | None],
) -> list[tuple[str, str]]:
    """List the operations that have an input (or output) shape."""
    return [
        (name, operation)
        for name, operation in OPERATIONS
        if shape_of(MODELS[name].operation_model(operation)) is not None
    ]


WITH_INPUT = operations_with(lambda operation: operation.input_shape)
WITH_OUTPUT = operations_with(lambda operation: operation.output_shape)
odd_or_any = st.one_of(st.just(("odd", "Do")), st.sampled_from(WITH_INPUT))


@given(data=st.data(), which=odd_or_any)
def test_what_boto3_writes_is_read(data: st.DataObject, which: tuple[str, str]) -> None:
    """Any parameters of any operation come through botocore's serialiser."""
    name, operation = which
    model = MODELS[name]
    shape = model.operation_model(operation).input_shape
    assert isinstance(shape, StructureShape)
    parameters = data.draw(values(shape))
    request = sent(model, operation, parameters)
    if name == "kms":
        assert json_input(shape, request.body) == parameters
    else:
        found = query_input(shape, query_parameters(request))
        assert without_empties(found) == without_empties(parameters)


@given(
    data=st.data(),
    which=st.one_of(st.just(("odd", "Do")), st.sampled_from(WITH_OUTPUT)),
)
def test_what_we_write_boto3_reads(data: st.DataObject, which: tuple[str, str]) -> None:
    """Any result of any operation comes through botocore's parser."""
    name, operation = which
    model = MODELS[name]
    shape = model.operation_model(operation).output_shape
    assert shape is not None
    result = data.draw(values(shape))
    response = Service(model).serialize(operation, result, "r-1")
    parsed = read_back(model, operation, response)
    metadata = parsed.pop("ResponseMetadata")
    assert metadata["RequestId"] == "r-1"
    assert metadata["HTTPStatusCode"] == 200
    assert parsed == with_documents_quoted(shape, result)


def with_documents_quoted(shape: Shape, value: Any) -> Any:
    """Percent-encode policy documents: boto3 decodes them after its parser."""
    if isinstance(shape, StructureShape):
        return {
            name: with_documents_quoted(shape.members[name], member)
            for name, member in value.items()
        }
    if isinstance(shape, ListShape):
        return [with_documents_quoted(shape.member, item) for item in value]
    if shape.name == "policyDocumentType":
        return quote(value, safe="")
    return value


@pytest.mark.parametrize("name", MODELS)
def test_every_pattern_of_the_models_compiles(name: str) -> None:
    """No constraint is skipped because it could not be understood."""
    for shape_name in MODELS[name].shape_names:
        pattern = MODELS[name].shape_for(shape_name).metadata.get("pattern")
        if pattern is not None:
            compiled(pattern)

"""One service: its model, and the protocol that the model names."""

from collections.abc import Mapping
from typing import Any, Protocol

import orjson
from botocore.model import OperationModel, ServiceModel

from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.service.constraints import check
from securecart.wire.service.errors import (
    JSON,
    QUERY,
    ErrorAnswer,
    ErrorCatalogue,
    InvalidAction,
    MissingAction,
    UnknownOperationException,
)
from securecart.wire.service.json_input import json_input
from securecart.wire.service.json_output import json_document
from securecart.wire.service.query_input import query_input, query_parameters
from securecart.wire.service.xml_output import xml_members
from securecart.wire.xml_text import xml_text


class _Protocol(Protocol):
    def parse(self, request: HttpRequest) -> tuple[str, dict[str, Any]]: ...

    def result(
        self, operation: OperationModel, result: Mapping[str, Any], request_id: str
    ) -> HttpResponse: ...

    def error(self, answer: ErrorAnswer, request_id: str) -> HttpResponse: ...


class Service:
    """Reads the requests of one service and writes its answers.

    Immutable after it is made, so it may be shared between threads.
    """

    def __init__(self, model: ServiceModel) -> None:
        """Take the model's protocol.

        Raises:
            ValueError: if it is neither the query nor the JSON protocol.
        """
        self._model = model
        self._protocol: _Protocol
        protocol = model.metadata["protocol"]
        if protocol == "query":
            self._protocol = _Query(model)
            self._errors = ErrorCatalogue(model, QUERY)
        elif protocol == "json":
            self._protocol = _Json(model)
            self._errors = ErrorCatalogue(model, JSON)
        else:
            raise ValueError(f"no implementation of the protocol {protocol}")

    @property
    def name(self) -> str:
        """The service's name in credential scopes: `iam`, `sts`, `kms`."""
        return self._model.signing_name

    def parse(self, request: HttpRequest) -> tuple[str, dict[str, Any]]:
        """Answer the operation's name and its parameters as boto3 has them.

        Raises:
            MissingAction: if no operation is named; `InvalidAction` or
                `UnknownOperationException` if the model does not have it.
            MalformedInput: (or `SerializationException`) if the parameters
                do not have the operation's form.
            ValidationError: if they break the model's constraints.
        """
        name, parameters = self._protocol.parse(request)
        shape = self._model.operation_model(name).input_shape
        if shape is not None:
            check(shape, parameters)
        return name, parameters

    def serialize(
        self, operation: str, result: Mapping[str, Any], request_id: str
    ) -> HttpResponse:
        """Write a result, shaped as boto3 answers it (no ResponseMetadata).

        Raises:
            ValueError: if the result does not have the operation's output
                shape, which is a mistake of ours.
        """
        model = self._model.operation_model(operation)
        return self._protocol.result(model, result, request_id)

    def serialize_error(self, error: BaseException, request_id: str) -> HttpResponse:
        """Write an error; what the service does not know becomes a bare 500."""
        return self._protocol.error(self._errors.answer(error), request_id)

    def error_code(self, error: BaseException) -> str:
        """Name an error as `serialize_error` will: for the audit record."""
        return self._errors.answer(error).code


class _Query:
    """The AWS query protocol: form in, XML out."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._operations = frozenset(model.operation_names)
        self._namespace = model.metadata["xmlNamespace"]

    def parse(self, request: HttpRequest) -> tuple[str, dict[str, Any]]:
        parameters = query_parameters(request)
        action = parameters.pop("Action", None)
        version = parameters.pop("Version", "NO_VERSION_SPECIFIED")
        if not action:
            raise MissingAction
        if version != self._model.api_version or action not in self._operations:
            raise InvalidAction(action, version)
        shape = self._model.operation_model(action).input_shape
        return action, query_input(shape, parameters) if shape is not None else {}

    def result(
        self, operation: OperationModel, result: Mapping[str, Any], request_id: str
    ) -> HttpResponse:
        shape = operation.output_shape
        body = ""
        if shape is not None:
            wrapper = shape.serialization.get(
                "resultWrapper", f"{operation.name}Result"
            )
            body = f"<{wrapper}>{xml_members(shape, result)}</{wrapper}>"
        elif result:
            raise ValueError(f"{operation.name} answers nothing")
        return self._answered(
            200,
            f'<{operation.name}Response xmlns="{self._namespace}">{body}'
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
            f"</{operation.name}Response>",
            request_id,
        )

    def error(self, answer: ErrorAnswer, request_id: str) -> HttpResponse:
        return self._answered(
            answer.status,
            f'<ErrorResponse xmlns="{self._namespace}"><Error>'
            f"<Type>{answer.fault}</Type><Code>{answer.code}</Code>"
            f"<Message>{xml_text(answer.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>",
            request_id,
        )

    def _answered(self, status: int, text: str, request_id: str) -> HttpResponse:
        headers = (("content-type", "text/xml"), ("x-amzn-requestid", request_id))
        return HttpResponse(status, headers, text.encode())


class _Json:
    """AWS JSON 1.1: the operation in a header, JSON in and out."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._operations = frozenset(model.operation_names)
        self._prefix = model.metadata["targetPrefix"] + "."
        self._content_type = f"application/x-amz-json-{model.metadata['jsonVersion']}"

    def parse(self, request: HttpRequest) -> tuple[str, dict[str, Any]]:
        targets = tuple(request.header_values("x-amz-target"))
        if len(targets) != 1 or not targets[0].startswith(self._prefix):
            raise UnknownOperationException
        name = targets[0].removeprefix(self._prefix)
        if name not in self._operations:
            raise UnknownOperationException
        shape = self._model.operation_model(name).input_shape
        return name, json_input(shape, request.body)

    def result(
        self, operation: OperationModel, result: Mapping[str, Any], request_id: str
    ) -> HttpResponse:
        shape = operation.output_shape
        if shape is None and result:
            raise ValueError(f"{operation.name} answers nothing")
        document = json_document(shape, result) if shape is not None else None
        body = b"" if document is None else orjson.dumps(document)
        return self._answered(200, body, request_id)

    def error(self, answer: ErrorAnswer, request_id: str) -> HttpResponse:
        document = {"__type": answer.code, "message": answer.message}
        return self._answered(answer.status, orjson.dumps(document), request_id)

    def _answered(self, status: int, body: bytes, request_id: str) -> HttpResponse:
        headers = (
            ("content-type", self._content_type),
            ("x-amzn-requestid", request_id),
        )
        return HttpResponse(status, headers, body)

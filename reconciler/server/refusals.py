"""Every refusal the server answers, in the message forms of the wire."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

_ECHO = 64  # characters of a caller's value that a message repeats
_GUARDED = 12  # a key up to this length is not repeated at all
_STATUSES = frozenset(HTTPStatus)
_CLIENTS = (
    "Clients that speak it: assistants-sync and its typed client, "
    "and the openai package for Python from 1.1.0 to 1.20.0."
)


class WireError(Exception):
    """A refusal: its HTTP status and the four keys of the error envelope."""

    type = "invalid_request_error"

    def __init__(
        self, message: str, *, status: int = 400, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.param = param
        self.code = code


class BrokenError(WireError):
    """The refusal that is our own fault."""

    type = "server_error"


def _invalid(param: str, said: str, code: str) -> WireError:
    return WireError(f"Invalid '{param}': {said}", param=param, code=code)


def _shown(value: str) -> str:
    return value if len(value) <= _ECHO else value[:_ECHO] + "..."


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "an integer",
        float: "a number",
        str: "a string",
        list: "an array",
    }
    return names.get(type(value), "an object")


def unparsable() -> WireError:
    """Return the refusal of a body that is not JSON."""
    return WireError(
        "We could not parse the JSON body of your request. "
        "The API expects a JSON payload, but what was sent was not valid JSON."
    )


def wrong_type(param: str, expected: str, value: Any) -> WireError:
    """Return the refusal of a value of another JSON type than the one that `param` takes."""
    message = f"Invalid type for '{param}': expected {expected}, but got {_kind(value)} instead."
    return WireError(message, param=param, code="invalid_type")


def not_object(value: Any) -> WireError:
    """Return the refusal of a body that is JSON but not an object."""
    message = f"Invalid type for the request body: expected an object, but got {_kind(value)} instead."
    return WireError(message, code="invalid_type")


def unknown_parameter(param: str) -> WireError:
    """Return the refusal of a key that the endpoint does not name."""
    return WireError(f"Unknown parameter: '{_shown(param)}'.", param=_shown(param), code="unknown_parameter")


def missing(param: str) -> WireError:
    """Return the refusal of a required key that was not sent."""
    message = f"Missing required parameter: '{param}'."
    return WireError(message, param=param, code="missing_required_parameter")


def long_string(param: str, limit: int, length: int) -> WireError:
    """Return the refusal of a string above its limit."""
    sentence = (
        f"string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {length} instead."
    )
    return _invalid(param, sentence, "string_above_max_length")


def long_array(param: str, limit: int, length: int) -> WireError:
    """Return the refusal of an array above its limit."""
    sentence = (
        f"array too long. Expected an array with maximum length {limit}, "
        f"but got an array with length {length} instead."
    )
    return _invalid(param, sentence, "array_above_max_length")


def many_properties(param: str, limit: int, count: int) -> WireError:
    """Return the refusal of an object with more keys than its limit."""
    sentence = (
        f"too many properties. Expected an object with at most {limit} properties, "
        f"but got an object with {count} properties instead."
    )
    return _invalid(param, sentence, "object_above_max_properties")


def long_property(param: str, limit: int, length: int) -> WireError:
    """Return the refusal of a key above its limit."""
    sentence = (
        f"property name too long. Expected a property name with maximum length {limit}, "
        f"but got a property name with length {length} instead."
    )
    return _invalid(param, sentence, "property_name_above_max_length")


def large_integer(param: str, limit: int, value: int) -> WireError:
    """Return the refusal of a number above its limit."""
    said = f"integer above maximum value. Expected a value <= {limit}, but got {value} instead."
    return _invalid(param, said, "integer_above_max_value")


def small_integer(param: str, limit: int, value: int) -> WireError:
    """Return the refusal of a number below its limit."""
    said = f"integer below minimum value. Expected a value >= {limit}, but got {value} instead."
    return _invalid(param, said, "integer_below_min_value")


def pattern_mismatch(param: str, pattern: str) -> WireError:
    """Return the refusal of a string that its pattern does not match."""
    said = f"string does not match pattern. Expected a string that matches the pattern '{pattern}'."
    return _invalid(param, said, "invalid_value")


def unexpected(param: str, value: str, expected: str) -> WireError:
    """Return the refusal of a string that is not one of the expected values."""
    return _invalid(param, f"'{_shown(value)}'. Expected {expected}.", "invalid_value")


def not_listed(param: str, value: str, choices: Iterable[str]) -> WireError:
    """Return the refusal of a string outside its enumeration."""
    return unexpected(param, value, "one of " + ", ".join(f"'{choice}'" for choice in choices))


def wrong_prefix(param: str, value: str, prefix: str) -> WireError:
    """Return the refusal of an id of another kind of object."""
    return unexpected(param, value, f"an ID that begins with '{prefix}'")


def no_assistant(identity: str) -> WireError:
    """No assistant has this id."""
    return WireError(f"No assistant found with id '{_shown(identity)}'.", status=404)


def no_file(identity: str) -> WireError:
    """No uploaded file has this id."""
    return WireError(f"No such File object: {_shown(identity)}", status=404, param="id")


def no_attachment(identity: str) -> WireError:
    """Return the refusal of a file that may exist, but is not attached to this assistant."""
    return WireError(f"No assistant file found with id '{_shown(identity)}'.", status=404)


def unsupported_files(extensions: Iterable[str]) -> WireError:
    """Files that the retrieval tool cannot read."""
    message = (
        f"Files with extensions [{', '.join(extensions)}] are not supported for retrieval. "
        "See https://platform.openai.com/docs/assistants/tools/supported-files"
    )
    return WireError(message, param="file_ids", code="unsupported_file")


def large_file(limit: int) -> WireError:
    """Return the refusal of an upload above the limit of one file."""
    message = f"File is too large. Expected a file of at most {limit} bytes."
    return WireError(message, status=413, param="file", code="file_above_max_size")


def large_body(limit: int) -> WireError:
    """Return the refusal of a JSON body above the limit of one request."""
    message = f"Request is too large. Expected a body of at most {limit} bytes."
    return WireError(message, status=413, code="body_above_max_size")


def no_beta() -> WireError:
    """Return the refusal of a request without the beta header."""
    message = (
        "You must provide the 'OpenAI-Beta' header to access the Assistants API. "
        f"Please try again by setting the header 'OpenAI-Beta: assistants=v1'. {_CLIENTS}"
    )
    return WireError(message, code="invalid_beta")


def other_beta(named: str) -> WireError:
    """Return the refusal of a beta header that names another dialect; the message repeats it."""
    message = (
        f"This server speaks assistants=v1, and the request sent 'OpenAI-Beta: {_shown(named)}'. {_CLIENTS}"
    )
    return WireError(message, code="invalid_beta")


def wrong_host(named: str) -> WireError:
    """Return the refusal of a request under a name that is not the server's."""
    said = f"The request names the host '{_shown(named)}'" if named else "The request names no host"
    message = (
        f"{said}, which is not a name of this server: a web page may have made it. "
        "To serve under this name, start the server with --allow-host NAME."
    )
    return WireError(message, status=421, code="unknown_host")


def wrong_origin(named: str) -> WireError:
    """Return the refusal of a request that a web page of another origin made."""
    message = (
        f"A web page of the origin '{_shown(named)}' made this request. Pages of other origins are refused."
    )
    return WireError(message, status=403, code="foreign_origin")


def not_http() -> WireError:
    """Return the refusal of a request that is not valid HTTP, such as one without a host."""
    return WireError("This is not a valid HTTP request.", code="invalid_request")


def bad_key(presented: str) -> WireError:
    """Return the refusal of a missing or wrong key; the message shows its first characters only."""
    # The start of a short key would be most of it.
    start = presented[:3] if len(presented) > _GUARDED else ""
    message = (
        f"Incorrect API key provided: {start}***. "
        "You can find your API key at https://platform.openai.com/account/api-keys."
    )
    return WireError(message, status=401, code="invalid_api_key")


def unknown_url(method: str, path: str) -> WireError:
    """No endpoint has this path."""
    return WireError(f"Invalid URL ({method} {path})", status=404, code="unknown_url")


def wrong_method(method: str, path: str) -> WireError:
    """Return the refusal of a method that the path does not have."""
    message = f"Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)"
    return WireError(message, status=405, code="method_not_supported")


def read_only(reason: str) -> WireError:
    """Return the refusal of a write to a database that was opened for reading."""
    return WireError(reason, status=403, code="read_only")


def busy() -> WireError:
    """Return the refusal while another process locks the database for too long."""
    message = "Another process has locked the database of this server. Nothing was changed; try again."
    return BrokenError(message, status=503, code="database_locked")


def broken(request_id: str) -> WireError:
    """Something went wrong that the caller did not cause."""
    message = (
        "The server had an error while processing your request. "
        f"Please mention the request ID {request_id} when you report it."
    )
    return BrokenError(message, status=500)


def titled(status: int) -> str:
    """Return a status with its name; not all that are in use have one."""
    return f"{status} {HTTPStatus(status).phrase}" if status in _STATUSES else str(status)


def scripted(status: int) -> WireError:
    """Return a refusal that a script of faults asked for, as the API words them."""
    message = f"{titled(status)}. This answer was scripted."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return BrokenError(message, status=status)
    code = "rate_limit_exceeded" if status == HTTPStatus.TOO_MANY_REQUESTS else None
    return WireError(message, status=status, code=code)

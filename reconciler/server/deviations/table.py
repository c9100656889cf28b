"""The table of all deviations by name, and the bundles that stand for real servers."""

from collections.abc import Mapping
from typing import Any, Final

from reconciler.server.deviations import files, gateways, lists, objects, writes
from reconciler.server.deviations.exchange import Row

ROWS: Final[Mapping[str, Row]] = {
    row.name: row
    for row in (lists.SHAPE, *objects.ROWS, *gateways.ROWS, *lists.ROWS, *writes.ROWS, *files.ROWS)
}
"""The rows in the order in which they apply to a request; they apply to its reply the other way round."""


def _named(*names: str) -> tuple[Mapping[str, Any], ...]:
    return tuple({"as": name} for name in names)


BUNDLES: Final[Mapping[str, tuple[Mapping[str, Any], ...]]] = {
    "server:myla": (
        *_named("has_more_false", "null_lists", "update_needs_model", "ms_timestamps", "extra_fields"),
        *_named("after_gt_time", "files_20", "no_attach"),
        {"as": "delete_object_odd", "on": "DELETE /files/*"},
    ),
    "server:open-assistant-api-2024": (
        *_named("files_object_file", "plain_ids", "null_lists", "metadata_renamed"),
        {"as": "upload_types", "variant": "few"},
    ),
    "server:open-assistant-api": (
        *_named("files_object_file", "retrieval_renamed", "attach_needs_assistant_id", "detach_404"),
        *_named("plain_ids", "extra_fields", "attach_noop", "upload_types"),
    ),
    "server:opengpts": (
        *_named("list_shape", "no_has_more", "no_last_id", "no_files", "null_ignored", "falsy_ignored"),
        *_named("plain_ids", "after_ge_time", "no_attach"),
    ),
    # What was attached by itself is not returned apart there, so detach_noop is left out.
    "server:openopenai": (
        *_named("nulls_omitted", "null_refused", "has_more_full", "upload_name_prefixed", "content_as_json"),
        *_named("attach_once", "detach_500", "attach_refused_again", "plain_ids"),
    ),
    "server:rubra": (
        *_named("nulls_as_empty", "falsy_ignored", "update_wipes_tools", "update_detaches"),
        *_named("attach_adds_retrieval", "content_as_json", "attach_refused_again", "plain_ids"),
    ),
    "server:litellm": _named("limit_20", "after_ignored", "get_405", "update_405", "beta_dropped"),
    "server:prism": _named("fixed_example", "metadata_dropped"),
}
"""The rows that each real server shows, with the parameters of a fault where they are not the defaults."""

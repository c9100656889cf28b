"""One file per remote dialect: how it is observed and changed."""

from reconciler.dialects.assistants_v1.wire import AssistantsV1
from reconciler.dialects.listing import IncompleteListError
from reconciler.dialects.provider import Provider

__all__ = ["AssistantsV1", "IncompleteListError", "Provider"]

"""One file per remote dialect: how it is observed and changed."""

from reconciler.providers.assistants_v1 import AssistantsV1
from reconciler.providers.listing import IncompleteListError
from reconciler.providers.provider import Provider

__all__ = ["AssistantsV1", "IncompleteListError", "Provider"]

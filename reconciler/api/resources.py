"""The resources as a caller sees them: the same lines serve both colours."""

from __future__ import annotations

from functools import cached_property

from reconciler.api import assistants, attachments, uploads
from reconciler.api.endpoint import AsyncResource, Resource, SyncResource, endpoint, listing


class _Assistants(Resource):
    create = endpoint(assistants.create)
    retrieve = endpoint(assistants.retrieve)
    update = endpoint(assistants.update)
    list = listing(assistants.list)
    delete = endpoint(assistants.delete)


class _Files(Resource):
    create = endpoint(attachments.create)
    retrieve = endpoint(attachments.retrieve)
    list = listing(attachments.list)
    delete = endpoint(attachments.delete)


class _Uploads(Resource):
    create = endpoint(uploads.create)
    retrieve = endpoint(uploads.retrieve)
    list = endpoint(uploads.list)
    delete = endpoint(uploads.delete)
    content = endpoint(uploads.content)


class Files(_Files, SyncResource):
    """The files an assistant carries."""


class AsyncFiles(_Files, AsyncResource):
    """The files an assistant carries, awaited."""


class Assistants(_Assistants, SyncResource):
    """Assistants."""

    @cached_property
    def files(self) -> Files:
        """Which uploads an assistant carries."""
        return Files(self._client)


class AsyncAssistants(_Assistants, AsyncResource):
    """Assistants, awaited."""

    @cached_property
    def files(self) -> AsyncFiles:
        """Which uploads an assistant carries."""
        return AsyncFiles(self._client)


class Uploads(_Uploads, SyncResource):
    """Files uploaded to the account."""


class AsyncUploads(_Uploads, AsyncResource):
    """Files uploaded to the account, awaited."""


class Beta(SyncResource):
    """The part of the API behind the OpenAI-Beta header."""

    @cached_property
    def assistants(self) -> Assistants:
        """Assistants and their files."""
        return Assistants(self._client)


class AsyncBeta(AsyncResource):
    """The part of the API behind the OpenAI-Beta header, awaited."""

    @cached_property
    def assistants(self) -> AsyncAssistants:
        """Assistants and their files."""
        return AsyncAssistants(self._client)

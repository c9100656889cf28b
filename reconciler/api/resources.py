"""The resources as a caller sees them: the same lines serve every variant."""

from __future__ import annotations

from functools import cached_property

from reconciler.api import assistants, attachments, uploads
from reconciler.api.agents_resources import WithAgents, WithAsyncAgents
from reconciler.api.endpoint import (
    AsyncRawResource,
    AsyncResource,
    AsyncStreamedResource,
    RawResource,
    Resource,
    StreamedResource,
    SyncResource,
    endpoint,
    listing,
)


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

    @cached_property
    def with_raw_response(self) -> FilesWithRawResponse:
        """The same methods, returning answers that are read already: headers, status, body."""
        return FilesWithRawResponse(self)

    @cached_property
    def with_streaming_response(self) -> FilesWithStreamingResponse:
        """The same methods, returning context managers of answers to be read piece by piece."""
        return FilesWithStreamingResponse(self)


class FilesWithRawResponse(_Files, RawResource):
    """The files an assistant carries, with answers that are read already."""

    def __init__(self, files: Files) -> None:
        super().__init__(files)


class FilesWithStreamingResponse(_Files, StreamedResource):
    """The files an assistant carries, with answers to be read piece by piece."""

    def __init__(self, files: Files) -> None:
        super().__init__(files)


class AsyncFiles(_Files, AsyncResource):
    """The files an assistant carries, awaited."""

    @cached_property
    def with_raw_response(self) -> AsyncFilesWithRawResponse:
        """The same methods, returning answers that are read already: headers, status, body."""
        return AsyncFilesWithRawResponse(self)

    @cached_property
    def with_streaming_response(self) -> AsyncFilesWithStreamingResponse:
        """The same methods, returning context managers of answers to be read piece by piece."""
        return AsyncFilesWithStreamingResponse(self)


class AsyncFilesWithRawResponse(_Files, AsyncRawResource):
    """The files an assistant carries, with answers that are read already, awaited."""

    def __init__(self, files: AsyncFiles) -> None:
        super().__init__(files)


class AsyncFilesWithStreamingResponse(_Files, AsyncStreamedResource):
    """The files an assistant carries, with answers to be read piece by piece, awaited."""

    def __init__(self, files: AsyncFiles) -> None:
        super().__init__(files)


class Assistants(_Assistants, SyncResource):
    """Assistants."""

    @cached_property
    def files(self) -> Files:
        """The files an assistant carries."""
        return Files(self.sender)

    @cached_property
    def with_raw_response(self) -> AssistantsWithRawResponse:
        """The same methods, returning answers that are read already: headers, status, body."""
        return AssistantsWithRawResponse(self)

    @cached_property
    def with_streaming_response(self) -> AssistantsWithStreamingResponse:
        """The same methods, returning context managers of answers to be read piece by piece."""
        return AssistantsWithStreamingResponse(self)


class AssistantsWithRawResponse(_Assistants, RawResource):
    """Assistants, with answers that are read already."""

    def __init__(self, assistants: Assistants) -> None:
        super().__init__(assistants)
        self._assistants = assistants

    @cached_property
    def files(self) -> FilesWithRawResponse:
        """The same view of the files an assistant carries."""
        return FilesWithRawResponse(self._assistants.files)


class AssistantsWithStreamingResponse(_Assistants, StreamedResource):
    """Assistants, with answers to be read piece by piece."""

    def __init__(self, assistants: Assistants) -> None:
        super().__init__(assistants)
        self._assistants = assistants

    @cached_property
    def files(self) -> FilesWithStreamingResponse:
        """The same view of the files an assistant carries."""
        return FilesWithStreamingResponse(self._assistants.files)


class AsyncAssistants(_Assistants, AsyncResource):
    """Assistants, awaited."""

    @cached_property
    def files(self) -> AsyncFiles:
        """The files an assistant carries."""
        return AsyncFiles(self.sender)

    @cached_property
    def with_raw_response(self) -> AsyncAssistantsWithRawResponse:
        """The same methods, returning answers that are read already: headers, status, body."""
        return AsyncAssistantsWithRawResponse(self)

    @cached_property
    def with_streaming_response(self) -> AsyncAssistantsWithStreamingResponse:
        """The same methods, returning context managers of answers to be read piece by piece."""
        return AsyncAssistantsWithStreamingResponse(self)


class AsyncAssistantsWithRawResponse(_Assistants, AsyncRawResource):
    """Assistants, with answers that are read already, awaited."""

    def __init__(self, assistants: AsyncAssistants) -> None:
        super().__init__(assistants)
        self._assistants = assistants

    @cached_property
    def files(self) -> AsyncFilesWithRawResponse:
        """The same view of the files an assistant carries."""
        return AsyncFilesWithRawResponse(self._assistants.files)


class AsyncAssistantsWithStreamingResponse(_Assistants, AsyncStreamedResource):
    """Assistants, with answers to be read piece by piece, awaited."""

    def __init__(self, assistants: AsyncAssistants) -> None:
        super().__init__(assistants)
        self._assistants = assistants

    @cached_property
    def files(self) -> AsyncFilesWithStreamingResponse:
        """The same view of the files an assistant carries."""
        return AsyncFilesWithStreamingResponse(self._assistants.files)


class Uploads(_Uploads, SyncResource):
    """Files uploaded to the account."""

    @cached_property
    def with_raw_response(self) -> UploadsWithRawResponse:
        """The same methods, returning answers that are read already: headers, status, body."""
        return UploadsWithRawResponse(self)

    @cached_property
    def with_streaming_response(self) -> UploadsWithStreamingResponse:
        """The same methods, returning context managers of answers to be read piece by piece."""
        return UploadsWithStreamingResponse(self)


class UploadsWithRawResponse(_Uploads, RawResource):
    """Files uploaded to the account, with answers that are read already."""

    def __init__(self, uploads: Uploads) -> None:
        super().__init__(uploads)


class UploadsWithStreamingResponse(_Uploads, StreamedResource):
    """Files uploaded to the account, with answers to be read piece by piece."""

    def __init__(self, uploads: Uploads) -> None:
        super().__init__(uploads)


class AsyncUploads(_Uploads, AsyncResource):
    """Files uploaded to the account, awaited."""

    @cached_property
    def with_raw_response(self) -> AsyncUploadsWithRawResponse:
        """The same methods, returning answers that are read already: headers, status, body."""
        return AsyncUploadsWithRawResponse(self)

    @cached_property
    def with_streaming_response(self) -> AsyncUploadsWithStreamingResponse:
        """The same methods, returning context managers of answers to be read piece by piece."""
        return AsyncUploadsWithStreamingResponse(self)


class AsyncUploadsWithRawResponse(_Uploads, AsyncRawResource):
    """Files uploaded to the account, with answers that are read already, awaited."""

    def __init__(self, uploads: AsyncUploads) -> None:
        super().__init__(uploads)


class AsyncUploadsWithStreamingResponse(_Uploads, AsyncStreamedResource):
    """Files uploaded to the account, with answers to be read piece by piece, awaited."""

    def __init__(self, uploads: AsyncUploads) -> None:
        super().__init__(uploads)


class Beta(WithAgents):
    """The part of the API behind the OpenAI-Beta header."""

    @cached_property
    def assistants(self) -> Assistants:
        """Assistants and their files."""
        return Assistants(self.sender)


class AsyncBeta(WithAsyncAgents):
    """The part of the API behind the OpenAI-Beta header, awaited."""

    @cached_property
    def assistants(self) -> AsyncAssistants:
        """Assistants and their files."""
        return AsyncAssistants(self.sender)

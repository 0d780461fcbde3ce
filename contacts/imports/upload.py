"""Refuses an upload that is too large before it fills the disk (one of FILE_UPLOAD_HANDLERS)."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

SLACK = 64 * 1024  # of a form around the file
POLITE = 2 * 1024**3  # up to here the rest is read and thrown away, so that the browser shows our answer


class SizeLimit(FileUploadHandler):
    """Stops reading when the request says that it is larger than IMPORT_MAX_MB, or turns out to be."""

    def handle_raw_input(
        self, input_data: Any, META: dict[str, Any], content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        """Look at the size that the request names. What was read before the file (the token) stays."""
        self._length = content_length
        self._stop = content_length > settings.IMPORT_MAX_MB * 1024 * 1024 + SLACK

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Stop at the first byte of a file that is too large."""
        if self._stop:
            if self.request is not None:
                self.request.upload_too_large = True  # type: ignore[attr-defined]  # ours, for the view
            raise StopUpload(connection_reset=self._length > POLITE)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers behind."""

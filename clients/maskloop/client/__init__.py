"""Maskloop from Python: the server's verbs as methods, values in and out."""

from maskloop.client.client import Client
from maskloop.client.folders import FolderImport
from maskloop.client.wire import Retry

__all__ = ["Client", "FolderImport", "Retry"]

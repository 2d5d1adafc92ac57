"""Reading the files of a source: CSV, Excel, Parquet and JSON as they really are (D40)."""

from kpidsl.engines.files.draft import FileDraft, describe_file
from kpidsl.engines.files.draft_text import draft_source
from kpidsl.engines.files.load import LoadedFiles, load
from kpidsl.engines.files.paths import fingerprint_of

__all__ = ["FileDraft", "LoadedFiles", "describe_file", "draft_source", "fingerprint_of", "load"]

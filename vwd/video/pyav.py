"""Opening videos with PyAV, whose releases take other options."""

from __future__ import annotations


def metadata_options() -> dict[str, str]:
    """What `av.open` needs so that metadata in a wrong encoding is no error; nothing from PyAV 19 on, which has no such
    option: there, bytes of a wrong encoding come as surrogates.
    """
    import av

    return {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}

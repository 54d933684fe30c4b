"""Reading back: pictures of text in this style → the text, with place, page and first frame of each word."""

from vwd.readback.cells import UNREADABLE
from vwd.readback.read import read_frames, read_picture
from vwd.readback.reading import Reading, ReadWord

__all__ = ["UNREADABLE", "ReadWord", "Reading", "read_frames", "read_picture"]

"""From a storyboard to a video: glyph bitmaps, frames as arrays, and encoders behind one protocol."""

"""How large anything read may be, with units and reasons: what is larger is refused or skipped, and named."""

from __future__ import annotations

# Rows.
# Bytes of a row where the user says nothing (`max_row_bytes`). A book has one to three million; a worker holds the row
# several times while it is parsed and normalised.
MAX_ROW_BYTES = 16_000_000
# The most that the user may allow: a row is held in memory.
LARGEST_MAX_ROW_BYTES = 1_000_000_000
# Bytes read at a time of a line that is longer than a row may be: only counted, never held.
SKIPPED_CHUNK_BYTES = 1 << 16
# Characters of a column that are laid out: up to ten seconds of work, where all of it is mojibake. A video of the most
# frames, 65,535, shows a word in each: about 400,000.
LONGEST_TEXT = 1_000_000
# Columns that a line may be indented by; the default page is 36 wide.
LARGEST_INDENT = 40
# Rows by which a file's columns, and what they hold, are judged before anything is packed.
JUDGED_ROWS = 1000
# Files of one corpus: each is read once before anything is packed, by every task.
MOST_ROW_FILES = 100_000
# Columns that a message names of rows that have not the right ones.
NAMED_COLUMNS = 20

# Columns in memory.
# Rows and bytes of parquet that are decoded at a time. A page is decoded whole: it counts as if each row were as large.
PARQUET_BATCH_ROWS = 1024
PARQUET_BATCH_BYTES = 64_000_000
# Bytes of a parquet page, uncompressed. Writers aim at 1 MB, and exceed it only by the last value or few.
LARGEST_PARQUET_PAGE = 256_000_000
# Rows of an Arrow table that become Python objects at a time.
ARROW_BATCH_ROWS = 256

"""How large anything read may be, with units and reasons: what is larger is refused or skipped, and named.

`docs/limits.md` lists these for users; a test compares the two.
"""

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
# Bytes of a card, or of another small file that describes a folder of rows. Large ones have some hundred kB.
LARGEST_CARD = 16_000_000
# Characters of a CSV file's header that are looked at for its delimiter.
LONGEST_CSV_HEADER = 1 << 16
# Columns that a message names of rows that have not the right ones.
NAMED_COLUMNS = 20

# Columns in memory.
# Rows and bytes of parquet that are decoded at a time. A page is decoded whole: it counts as if each row were as large.
PARQUET_BATCH_ROWS = 1024
PARQUET_BATCH_BYTES = 64_000_000
# Bytes of a parquet page, uncompressed. Writers aim at 1 MB, and exceed it only by the last value or few.
LARGEST_PARQUET_PAGE = 256_000_000
# The same for rows with images: pyarrow looks at the size of a page after every 1,024 of them.
LARGEST_IMAGE_PAGE = 1_000_000_000
# Bytes of the header of such a page, which holds statistics, that is values; parquet's own readers allow as much.
# Pages of a column chunk: with pages of the usual 1 MB it would have 100 GB.
LARGEST_PARQUET_PAGE_HEADER = 1 << 24
MOST_PARQUET_PAGES = 100_000
# Rows of an Arrow table that become Python objects at a time.
ARROW_BATCH_ROWS = 256

# Videos.
# Pixels of a side: MPEG-4 Part 2 gives it 13 bits.
LARGEST_SIDE = 8190
# Frames of a video: at 19.3 a second, almost an hour.
MOST_FRAMES = 65_535
# Frames a second, and the numerator and denominator of a rate: MPEG-4 Part 2 gives the time's resolution 16 bits.
MOST_FPS = 1000
LARGEST_FPS_TERM = 65_535
# Characters of a rate as text.
LONGEST_FPS = 40
# Pixels of the font. Below, Chinese is not legible; above, no line of the largest frame holds a word.
SMALLEST_FONT_SIZE = 16
LARGEST_FONT_SIZE = 256
# Bytes of words' bitmaps that a process keeps to draw them again.
KEPT_BITMAP_BYTES = 64_000_000
# Boxes that an mp4's boxes may be in: moov, trak, mdia, minf, stbl.
MOST_NESTED_BOXES = 5

# Members of samples.
# Bytes of a member that is JSON: a storyboard of the most frames has four million. Parsed, it takes 30 times as much.
LARGEST_JSON_MEMBER = 16_000_000
# Bytes of any member: an hour of the largest text video has some hundred million. Readers hold it two or three times.
LARGEST_MEMBER = 256_000_000
# Bytes of the frames of one sample that are decoded or drawn, in grey: 482 frames of 1920x1080.
LARGEST_CLIP_BYTES = 1_000_000_000
# Members of a sample; text videos have six at most.
MOST_MEMBERS = 16
# Characters of a sample's key, and digits of the row's number at its end.
LONGEST_KEY = 200
LONGEST_KEY_NUMBER = 40

# Image records.
# Bytes of a row with its image, and of a conversation as JSON. An image of the most pixels has some hundred million.
LARGEST_RECORD = 128_000_000
# Pixels of an image that is decoded: Pillow's own limit, a quarter of a GB in memory as RGB.
LARGEST_IMAGE_PIXELS = 89_478_485
# Characters of a record's key: with its ending, what a name in a tar may have.
LONGEST_RECORD_KEY = 90
# Files of a folder of Parquet files, or of one that a benchmark is read from.
MOST_RECORD_FILES = 100_000
# Bytes of a recipe, and entries in it.
LARGEST_RECIPE = 1_000_000
MOST_RECIPE_ENTRIES = 1000
# Bytes of a hub's answer that lists files.
LARGEST_LISTING = 64_000_000

# Outputs.
# Bytes of `pack.json`, which has about two thousand.
LARGEST_CONTRACT = 16_000_000
# Bytes of a ledger entry: that of a shard of 100,000 samples has 10 MB.
LARGEST_ENTRY = 256_000_000
# Bytes of a sidecar that is compared with the ledger: a million shards take 200 MB of `shardindex.json`.
LARGEST_SIDECAR = 512_000_000
# Any count in these files: no more than a machine word holds. What is larger is damage.
COUNT_LIMIT = 2**62
# Shards of a plan, or that a list names; their largest number, and the bytes of a file that holds a list. An output of
# ten million shards has 20 million files.
MOST_LISTED_SHARDS = 10_000_000
LARGEST_SHARD_NUMBER = 10**9
LARGEST_SHARD_LIST = 200_000_000
# Bytes of a list of rows that are not to be packed: some ten million of them.
LARGEST_EXCLUSIONS = 100_000_000

# Tasks and processes.
# Tasks of an array: Slurm's have at most 4,000,001.
MOST_TASKS = 10_000_000
# CPUs of a node: the largest machines have some thousand.
MOST_CPUS = 65_536
# Bytes of a file of the kernel's that tells how many of them may be used.
LARGEST_KERNEL_FILE = 1 << 20

# Submissions to Slurm.
# Shards of a submission: each has two files, and no file system likes more in a folder.
MOST_SUBMITTED_SHARDS = 1_000_000
# The number of the last submission of an output.
LAST_SUBMISSION = 999_999
# Bytes of a submission, which has a list of the shards of a retry: 7 MB where every other of a million is missing.
LARGEST_SUBMISSION = 16_000_000
# Arrays, options of `vwd pack`, and characters of a line in it.
MOST_ARRAYS = 100_000
MOST_PACK_OPTIONS = 1000
LONGEST_LINE = 65_536
# Bytes of the note of a job, which has 120.
LARGEST_NOTE = 65_536
# Characters of a setting of Slurm's.
LONGEST_SETTING = 4000
# Bytes of `vwd.toml`. A table has a few hundred; a dotted key takes the parser cubic time, 20 kB of them some seconds.
LARGEST_SETTINGS_FILE = 20_000
# Bytes that a command of Slurm's may write. squeue writes some 200 for a task: 300,000 tasks.
LARGEST_COMMAND_OUTPUT = 64_000_000
# Seconds of a time limit: sbatch counts them as a C int.
LONGEST_TIME_LIMIT = 2**31 - 1

# Training data.
# Consecutive samples that may fail before `on_error="replace"` gives up: then the output is bad, not a sample.
MOST_REPLACED = 100
# The sum of the whole parts of a mixture: finer shares are rounding errors of whoever computed them.
LONGEST_MIXTURE = 10_000
# The number of an epoch in a state.
EPOCH_LIMIT = 2**40

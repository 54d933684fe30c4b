"""`python -m tools.videoworddata.inference gsm8k --num_samples 1000`, in place of `inference/gsm8k.py`."""

from __future__ import annotations

from tools.videoworddata.tasks import main

if __name__ == "__main__":
    main("inference")

"""`python -m tools.videoworddata.rendering gsm8k --num_samples 1000`, in place of `rendering/gsm8k.py`."""

from __future__ import annotations

from tools.videoworddata.tasks import main

if __name__ == "__main__":
    main("rendering")

"""The trainer's command line and its YAML files, merged to one configuration."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from config import Config, make_config
from kinds import flag

from vwd.errors import UsageError
from vwd.storage.atomic import atomic_write

# Other names of settings, as other trainers have them.
_ALIASES = {"checkpoint_every": ("--save-interval",)}


def parse(about: str | None, line: Sequence[str] | None = None) -> Config:
    """Reads the command line and the files that it names: later files win, and the command line wins over all.

    Args:
        about: the description for --help.
        line: the words, of this process by default.

    Raises:
        UsageError: a file cannot be read, or a setting is unknown, not allowed or missing.
    """
    parser = _parser(about)
    given = vars(parser.parse_intermixed_args(line))
    base = given.pop("base") or []
    # What follows the files of --base may be settings, too.
    words = [*given.pop("words"), *(word for word in base if "=" in word)]
    files = [*(word for word in base if "=" not in word), *(given.pop("config") or ())]
    named = {name: value for name, value in given.items() if value is not None}
    overrides = [word for word in words if "=" in word]
    folders = [word for word in words if "=" not in word]
    if len(folders) > 1:
        raise UsageError(f"several outputs: {', '.join(folders)}", "Give one folder, and settings as key=value.")
    if folders:
        named["output"] = folders[0]
    return make_config(merge(files, overrides, named), files)


def merge(files: Sequence[str], overrides: Sequence[str], named: dict[str, Any]) -> dict[str, Any]:
    """Files, then `key=value`, then options, each over what was before; `${key}` stands for another key's value.

    Raises:
        UsageError: a file is not there or not such a file.
    """
    from omegaconf import DictConfig, OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    defaults = {one.name: one.default for one in fields(Config) if one.default is not MISSING}
    merged, at = OmegaConf.create(defaults), ""
    try:
        for at in files:
            loaded = OmegaConf.load(at)
            if not isinstance(loaded, DictConfig):
                raise UsageError(f"{at} is no file of settings", "Give a YAML file with lines like 'steps: 400'.")
            merged = OmegaConf.merge(merged, loaded)
        at = " ".join(overrides)
        merged = OmegaConf.merge(merged, OmegaConf.from_dotlist(list(overrides)), OmegaConf.create(named))
        at = at or ", ".join(files)
        values = OmegaConf.to_container(merged, resolve=True)
    except (OSError, ValueError, YAMLError, OmegaConfBaseException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(
            f"{at}: {reason}", "Give YAML files with lines like 'steps: 400', and settings as steps=400."
        ) from error
    assert isinstance(values, dict)
    return {str(name): value for name, value in values.items()}


def write_config(config: Config, folder: Path) -> None:
    """Writes `config.yaml`, by which the run can be repeated and its checkpoints be sampled from."""
    from omegaconf import OmegaConf

    with atomic_write(folder / "config.yaml", folder / ".tmp") as file:
        file.write(OmegaConf.to_yaml(OmegaConf.create(config.to_dict())).rstrip().encode() + b"\n")


def _parser(about: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="train.py", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="*", metavar="OUT | key=value", help="the output, and settings by name")
    parser.add_argument("--config", action="append", metavar="FILE", help="YAML of settings; may be repeated")
    parser.add_argument("--base", nargs="+", metavar="FILE", help="the same: several files at once")
    for one in fields(Config):
        shown = "" if one.default in (None, MISSING) else f"  [default: {one.default}]"
        names = ("--" + one.name.replace("_", "-"), *_ALIASES.get(one.name, ()))
        kind = {"action": "store_const", "const": "true"} if one.metadata["kind"] is flag else {"metavar": "VALUE"}
        parser.add_argument(*names, dest=one.name, help=one.metadata["about"] + shown, **kind)  # type: ignore[arg-type]
    return parser

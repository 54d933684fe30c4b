"""``python -m vwd``: the same as the ``vwd`` command."""

from vwd.cli.main import main

if __name__ == "__main__":
    main()

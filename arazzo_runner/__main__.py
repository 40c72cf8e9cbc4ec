"""``python -m arazzo_runner`` is the command ``arazzo``."""

from .cli import main

if __name__ == "__main__":
    main()

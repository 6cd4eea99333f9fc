"""`python -m loop.cli` is `ratchet`."""

from loop.cli import main

if __name__ == "__main__":
    main()

"""The benchmark: how fast, how small, against what this machine could do at best. `README.md` says what is measured."""

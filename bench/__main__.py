"""`python -m bench`: measures the workloads and prints the table; `make bench` is this."""

import sys
from functools import partial

from bench.options import parser, tell, write
from bench.rounds import WorkloadFailed, in_this_python, measure, with_ceilings
from bench.table import table
from bench.workloads import WORKLOADS


def main() -> int:
    given = parser("bench", "Measure Concertato's workloads.", WORKLOADS, rounds=5).parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    command = partial(in_this_python, folder=given.folder, small=given.small)
    try:
        outcome = measure(given.rounds, partial(with_ceilings, given.only), command, tell)
    except WorkloadFailed as failure:
        tell(str(failure))
        return 1
    print(table(given.only, outcome))
    write(outcome, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.peers`: measures Concertato beside its peers and prints the tables; `make bench-peers` is this."""

import sys

from bench.options import parser, some_of, tell, write
from bench.peers import PEERS, SHARED
from bench.peers.compare import compare
from bench.peers.environments import python_of
from bench.peers.table import table
from bench.rounds import WorkloadFailed


def main() -> int:
    options = parser("bench.peers", "Measure Concertato beside other engines.", SHARED, rounds=3)
    options.add_argument("--peers", type=some_of(PEERS), default=list(PEERS.values()), help="some of them: burr,dbos")
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    try:
        pythons = {peer.project: python_of(peer.project, tell) for peer in given.peers}
        outcome = compare(
            given.only,
            given.peers,
            pythons,
            rounds=given.rounds,
            folder=given.folder,
            small=given.small,
            tell=tell,
        )
    except WorkloadFailed as failure:
        tell(str(failure))
        return 1
    print(table(given.only, given.peers, outcome))
    write(outcome, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What bench/run.py measures, and the pages it writes. From the ground up:

servers       starts the service and the bare HTTP server, and asks the kernel what they use
generator     runs coupon-load and reads its report
session       how long and how often is measured, and the capacity
ratios        the service over the bare HTTP server, in pairs
figures       a figure as a row of a table
latency       figures of latency at half the capacity
extremes      figures at the edge: idle connections, overload, memory, many coupons
backlog       the claims that wait for the ledger, and whether the consumer keeps up
cluster       starts the distributed mode's real servers and runs claims against them
distributed   the distributed mode over the bare HTTP server, in pairs
parts         the script in Redis and the consumer into MariaDB, each alone
growth        how cost grows with event loops, connections, coupons and holders
pages         tables between the markers of a page
growth_pages  a table and a plot of how cost grows

The helpers of tests/support serve here, too.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests"))

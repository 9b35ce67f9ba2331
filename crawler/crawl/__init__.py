"""Where a crawl runs: the gate, downloads, robots.txt, worker processes, the ledger, the schedule, health."""

"""What the dashboards show. Every query has an answer on a healthy system: 0 where nothing is wrong, not nothing."""

from panels import Panel, dashboard

NODE = 'job="coupon-api",application=~"$application"'
CONSUMER = 'job="coupon-consumer",application=~"$application"'
SERVER = 'instance=~"$instance"'
RATE = "$__rate_interval"
CLAIM = NODE + ',method="POST",uri=~"/v1/coupons/.id./claims|/coupons/issue/.+"'
FAILED = "unavailable|storage_full|unknown|overloaded"
IDLE, STOLEN = ',mode="idle"', ',mode="steal"'
DISK = 'fstype!~"tmpfs|ramfs|squashfs"'


def quantile(q, meter, labels, by=""):
    return f"histogram_quantile({q}, sum by ({by}le) (rate({meter}_bucket{{{labels}}}[{RATE}])))"


def rate(meter, labels, by=""):
    return f"sum by ({by}) (rate({meter}{{{labels}}}[{RATE}]))"


def stat(title, unit, query, description, width=4):
    return Panel(title, unit, [(query, "")], description, width, "stat")


def percentiles(meter, labels):
    return [(quantile(q, meter, labels), name) for q, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))]


def process(labels):
    """Of each program of ours."""
    return [
        Panel("CPU", "percentunit", [(f"process_cpu_usage{{{labels}}}", "{{instance}}"),
                                     (f"system_cpu_usage{{{labels}}}", "{{instance}} machine")],
              "Of all CPUs of the machine: the program, and everything."),
        Panel("Memory", "bytes", [(f"process_resident_memory_bytes{{{labels}}}", "{{instance}}")],
              "Resident memory."),
        Panel("Open files", "short", [(f"process_files_open_files{{{labels}}}", "{{instance}}"),
                                      (f"process_files_max_files{{{labels}}}", "{{instance}} limit")],
              "Connections are files, too."),
        Panel("Uptime", "s", [(f"process_uptime_seconds{{{labels}}}", "{{instance}}")],
              "Falls to 0 where a program was started again."),
        Panel("Log lines lost", "short",
              [(f"sum by (instance) (coupon_log_dropped_total{{{labels}}})", "{{instance}}")],
              "Whoever reads the log did not keep up."),
    ]


def pool(labels):
    return [
        Panel("Connections to the database", "short",
              [(f"sum by (state) (coupon_datasource_connections{{{labels}}})", "{{state}}")],
              "pending: work that waits for one."),
        Panel("Wait for a connection", "s", percentiles("coupon_datasource_acquire_seconds", labels),
              "Time to get one out of the pool, or a new one."),
        Panel("Nobody got one in time", "short",
              [(f"sum by (instance) (coupon_datasource_timeouts_total{{{labels}}})", "{{instance}}")],
              "datasource.connection_timeout passed."),
    ]


def event():
    return dashboard(
        "coupon-event", "Event live", "What to look at in the second a coupon opens.",
        [("application", "coupon_build_info")], [
            stat("Claims a second", "reqps", f"sum(rate(coupon_claims_total{{{NODE}}}[{RATE}]))", "All answers."),
            stat("Given out a second", "reqps",
                 f'sum(rate(coupon_claims_total{{{NODE},outcome="admitted"}}[{RATE}]))', "Answered yes."),
            stat("Answered 503", "percentunit",
                 f'sum(rate(coupon_claims_total{{{NODE},outcome=~"{FAILED}"}}[{RATE}]))'
                 f" / clamp_min(sum(rate(coupon_claims_total{{{NODE}}}[{RATE}])), 1e-9)",
                 "Share of the claims that got neither yes nor no. 0.1 % is allowed."),
            stat("Oldest in the queue", "s", "max(coupon_queue_oldest_seconds)",
                 "Accepted, and not in the ledger yet (distributed mode)."),
            stat("Dead letters", "short", "sum(coupon_dead_letters_total)", "Must be 0: a yes without a row."),
            stat("Alerts", "short", 'count(ALERTS{alertstate="firing",alertname=~"Coupon.+"}) or vector(0)',
                 "That fire now; docs/runbook.md tells what to do."),
            Panel("Stock", "short", [(f"min by (coupon) (coupon_stock_remaining{{{NODE}}})", "coupon {{coupon}}")],
                  "What is left of each limited coupon.", 12),
            Panel("Claims by outcome", "reqps", [(rate("coupon_claims_total", NODE, "outcome"), "{{outcome}}")],
                  "Winners, refusals, and what could not be answered.", 12, stacked=True),
            Panel("Latency of winners", "s",
                  percentiles("http_server_requests_seconds", CLAIM + ',outcome="SUCCESS"'),
                  "From the last byte of a claim to the answer yes.", 12),
            Panel("Latency of the refused", "s",
                  percentiles("http_server_requests_seconds", CLAIM + ',outcome="CLIENT_ERROR"'),
                  "Sold out, already claimed, not open.", 12),
            Panel("Backlog", "short", [("max(coupon_queue_backlog)", "claims")],
                  "Accepted, and not in the ledger yet (distributed mode)."),
            Panel("Into the ledger", "short", [(rate("coupon_ledger_rows_total", 'result="new"', "instance"),
                                                "{{instance}}")],
                  "Rows a second of each consumer (distributed mode)."),
            Panel("Connections", "short",
                  [(f"sum by (instance) (http_server_connections_current{{{NODE}}})", "{{instance}}")],
                  "Open ones of each node."),
        ])


def api():
    return dashboard(
        "coupon-api", "coupon-api", "The nodes that answer.",
        [("application", 'coupon_build_info{job="coupon-api"}')], [
            Panel("Requests", "reqps", [(rate("http_server_requests_seconds_count", NODE, "uri"), "{{uri}}")],
                  "By route.", 12, stacked=True),
            Panel("Answers", "reqps", [(rate("http_server_requests_seconds_count", NODE, "status"), "{{status}}")],
                  "By status.", 12, stacked=True),
            Panel("Latency of claims", "s", percentiles("coupon_claim_seconds", NODE),
                  "From a claim's last byte to its answer."),
            Panel("Latency by node", "s",
                  [(quantile(0.99, "coupon_claim_seconds", NODE, "instance, "), "{{instance}}")],
                  "99th percentile of claims."),
            Panel("Waiting for their answer", "short",
                  [(f"sum by (instance) (http_server_exchanges_in_flight{{{NODE}}})", "{{instance}}")],
                  "Requests that were read and not answered."),
            Panel("Connections", "short",
                  [(f"sum by (instance) (http_server_connections_current{{{NODE}}})", "{{instance}}"),
                   (f"sum by (instance) (http_server_connections_max{{{NODE}}})", "{{instance}} limit")],
                  "From the limit on 503 is answered."),
            Panel("What the transport did by itself", "ops", [(rate("http_server_events_total", NODE, "event"),
                                                               "{{event}}")],
                  "Time-outs, malformed requests, connections refused."),
            Panel("Refused undecided", "ops",
                  [(rate("coupon_admission_overloaded_total", NODE, "reason"), "{{reason}}")],
                  "503 overloaded: too much waited."),
            Panel("Commit (embedded)", "s", percentiles("coupon_ledger_commit_seconds", NODE),
                  "Time to write and fsync one batch."),
            Panel("Batch (embedded)", "short", percentiles("coupon_ledger_batch_size", NODE),
                  "Claims in one transaction."),
            Panel("Commits (embedded)", "ops", [(rate("coupon_ledger_commits_total", NODE, "outcome"), "{{outcome}}")],
                  "Transactions by outcome."),
            Panel("Writer closed (embedded)", "short", [(f"coupon_admission_closed{{{NODE}}}", "{{instance}}")],
                  "1: an I/O error has closed it until the program is started again."),
            Panel("Log of the ledger (embedded)", "short", [(f"coupon_ledger_log_pages{{{NODE}}}", "{{instance}}")],
                  "Pages in the write-ahead log."),
            Panel("Claims a call of Redis (distributed)", "short",
                  [(f"sum(rate(coupon_redis_batched_claims_total{{{NODE}}}[{RATE}]))"
                    f" / clamp_min(sum(rate(coupon_redis_batches_total{{{NODE}}}[{RATE}])), 1e-9)", "claims")],
                  "How many claims go together."),
            Panel("Answered unknown (distributed)", "ops", [(rate("coupon_admission_unknown_total", NODE, "instance"),
                                                            "{{instance}}")],
                  "Claims whose outcome was not known in time."),
            Panel("Loads (distributed)", "ops", [(rate("coupon_redis_loads_total", NODE, "outcome"), "{{outcome}}")],
                  "Coupons whose state was put into Redis."),
            *pool(NODE), *process(NODE),
        ])


def consumer():
    return dashboard(
        "coupon-consumer", "coupon-consumer", "The way from Redis into the ledger.",
        [("application", 'coupon_build_info{job="coupon-consumer"}')], [
            Panel("Backlog", "short", [("max(coupon_queue_backlog)", "claims")],
                  "Accepted, and not in the ledger yet."),
            Panel("Oldest", "s", [("max(coupon_queue_oldest_seconds)", "age")], "Of the backlog."),
            Panel("Redis and ledger apart", "short", [("max by (kind) (coupon_reconcile_gap)", "{{kind}}")],
                  "Must be 0."),
            Panel("Rows", "short", [(rate("coupon_ledger_rows_total", CONSUMER, "result"), "{{result}}")],
                  "A second: written, and found to be there already."),
            Panel("Transaction", "s", percentiles("coupon_ledger_commit_seconds", CONSUMER),
                  "Time of one transaction with its COMMIT."),
            Panel("Batch", "short", percentiles("coupon_ledger_batch_size", CONSUMER), "Rows in one transaction."),
            Panel("Dead letters", "short",
                  [(f"sum by (reason) (coupon_dead_letters_total{{{CONSUMER}}})", "{{reason}}")], "Must be 0."),
            Panel("Must be 0", "short",
                  [(f"sum(coupon_pending_deleted_total{{{CONSUMER}}})", "deleted before they were written"),
                   (f"sum(coupon_queue_unreadable_total{{{CONSUMER}}})", "unreadable")],
                  "Entries of the streams."),
            Panel("Tried again", "short",
                  [(f"sum by (instance) (coupon_queue_retries_total{{{CONSUMER}}})", "{{instance}} retries"),
                   (f"sum by (instance) (coupon_queue_readmitted_total{{{CONSUMER}}})", "{{instance}} readmitted")],
                  "Work that failed and waits; claims that Redis had lost and admitted again."),
            *pool(CONSUMER), *process(CONSUMER),
        ])


def mysql():
    def of(name):
        return f"mysql_global_status_{name}{{{SERVER}}}"

    def per_second(name):
        return f"sum by (instance) (rate({of(name)}[{RATE}]))"

    return dashboard(
        "coupon-mysql", "MySQL", "The ledger's database.", [("instance", "mysql_up")], [
            stat("Up", "short", f"min(mysql_up{{{SERVER}}})", "1: it answers."),
            stat("Uptime", "s", f"min({of('uptime')})", "Since its start."),
            Panel("Connections", "short", [(of("threads_connected"), "{{instance}}"),
                                           (f"mysql_global_variables_max_connections{{{SERVER}}}",
                                            "{{instance}} limit")], "Open, and allowed."),
            Panel("Running", "short", [(of("threads_running"), "{{instance}}")], "Threads at work."),
            Panel("Questions", "ops", [(per_second("questions"), "{{instance}}")], "Statements of clients."),
            Panel("Commands", "ops",
                  [(f'sum by (command) (rate(mysql_global_status_commands_total{{{SERVER},'
                    f'command=~"begin|commit|insert|select|update|rollback"}}[{RATE}]))', "{{command}}")], "By kind."),
            Panel("Slow statements", "short", [(of("slow_queries"), "{{instance}}")], "Beyond long_query_time."),
            Panel("Waits for row locks", "ops", [(per_second("innodb_row_lock_waits"), "{{instance}}")],
                  "Redemptions and batches of one coupon meet here."),
            Panel("Reads from disk", "ops", [(per_second("innodb_buffer_pool_reads"), "{{instance}}")],
                  "Pages the buffer pool did not have."),
            Panel("Log written", "Bps", [(per_second("innodb_os_log_written"), "{{instance}}")], "Redo log."),
            Panel("Syncs", "ops", [(per_second("innodb_data_fsyncs"), "{{instance}}")], "fsync calls."),
            Panel("Network", "Bps", [(per_second("bytes_received"), "{{instance}} in"),
                                     (per_second("bytes_sent"), "{{instance}} out")], "Of clients."),
            Panel("Failed connections", "short", [(of("aborted_connects"), "{{instance}}")], "Refused or broken off."),
        ])


def redis():
    def of(name):
        return f"redis_{name}{{{SERVER}}}"

    def per_second(name, by="instance"):
        return f"sum by ({by}) (rate({of(name)}[{RATE}]))"

    return dashboard(
        "coupon-redis", "Redis", "Where claims are decided.", [("instance", "redis_up")], [
            stat("Up", "short", f"min({of('up')})", "1: it answers."),
            stat("Uptime", "s", f"min({of('uptime_in_seconds')})", "After a restart every coupon is loaded anew."),
            stat("Evicted", "short", f"sum({of('evicted_keys_total')})", "Must be 0: a coupon could be sold twice."),
            stat("Last write of the AOF", "short", f"min({of('aof_last_write_status')})", "1: it went well."),
            Panel("Memory", "bytes", [(of("memory_used_bytes"), "{{instance}}"),
                                      (of("memory_max_bytes"), "{{instance}} maxmemory (0: none)")],
                  "At the limit claims are answered 503."),
            Panel("Commands", "ops", [(per_second("commands_total", "cmd"), "{{cmd}}")], "By command.", stacked=True),
            Panel("Time in commands", "percentunit",
                  [(per_second("commands_duration_seconds_total", "cmd"), "{{cmd}}")],
                  "Share of one core: Redis has one for commands.", stacked=True),
            Panel("CPU", "percentunit", [(per_second("cpu_sys_seconds_total"), "{{instance}} system"),
                                         (per_second("cpu_user_seconds_total"), "{{instance}} user")], "Of one core."),
            Panel("Clients", "short", [(of("connected_clients"), "{{instance}}"),
                                       (of("blocked_clients"), "{{instance}} blocked")], "Connections."),
            Panel("Network", "Bps", [(per_second("net_input_bytes_total"), "{{instance}} in"),
                                     (per_second("net_output_bytes_total"), "{{instance}} out")], "Of clients."),
            Panel("AOF", "bytes", [(of("aof_current_size_bytes"), "{{instance}}")], "Size of the append-only file."),
            Panel("Slow commands", "short", [(of("slowlog_length"), "{{instance}}")], "In SLOWLOG."),
        ])


def host():
    def of(name, labels=""):
        return f"node_{name}{{{SERVER}{labels}}}"

    def per_second(name, labels=""):
        return f"sum by (instance) (rate({of(name, labels)}[{RATE}]))"

    return dashboard(
        "coupon-host", "Host", "Each machine.", [("instance", "node_uname_info")], [
            Panel("CPU", "percentunit",
                  [(f"1 - avg by (instance) (rate({of('cpu_seconds_total', IDLE)}[{RATE}]))", "{{instance}}")],
                  "Share that is busy."),
            Panel("Stolen", "percentunit",
                  [(f"avg by (instance) (rate({of('cpu_seconds_total', STOLEN)}[{RATE}]))", "{{instance}}")],
                  "What the hypervisor gave to others."),
            Panel("Load", "short", [(of("load1"), "{{instance}}")], "Threads that run or wait, one minute."),
            Panel("Memory available", "bytes", [(of("memory_MemAvailable_bytes"), "{{instance}}"),
                                                (of("memory_MemTotal_bytes"), "{{instance}} all")],
                  "Without swapping."),
            Panel("Disk free", "percentunit",
                  [(f"{of('filesystem_avail_bytes', ',' + DISK)} / {of('filesystem_size_bytes', ',' + DISK)}",
                    "{{instance}} {{mountpoint}}")], "Alerts below 15 %."),
            Panel("Disk busy", "percentunit", [(f"sum by (instance, device) (rate({of('disk_io_time_seconds_total')}"
                                                f"[{RATE}]))", "{{instance}} {{device}}")], "Time with I/O under way."),
            Panel("Disk written", "Bps", [(per_second("disk_written_bytes_total"), "{{instance}}")], "All disks."),
            Panel("Network", "Bps", [(per_second("network_receive_bytes_total"), "{{instance}} in"),
                                     (per_second("network_transmit_bytes_total"), "{{instance}} out")], "All devices."),
            Panel("TCP connections", "short", [(of("netstat_Tcp_CurrEstab"), "{{instance}}")], "Established."),
            Panel("Connections dropped", "ops", [(per_second("netstat_TcpExt_ListenDrops"), "{{instance}}")],
                  "A listening socket's backlog was full."),
            Panel("Open files", "short", [(of("filefd_allocated"), "{{instance}}")], "Of the whole machine."),
            Panel("Clock off by", "s", [(f"abs({of('timex_offset_seconds')})", "{{instance}}")],
                  "Windows of coupons follow the clock."),
        ])


def all_dashboards():
    return [event(), api(), consumer(), mysql(), redis(), host()]

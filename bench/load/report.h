#pragma once

#include <string>

#include "load/load_result.h"

namespace coupon::load {

/// For a person: a table a class, the generator's own use, and a warning when it was the limit.
std::string ReportText(const LoadResult& result);

/// For a program, one line. Times in seconds with unit in the name, latencies in milliseconds:
///     {"seconds", "requests", "errors", "requests_per_second", "generator_limited",
///      "generator_limits": [text], "generator": {"cpu_seconds", "cpu_microseconds_per_request",
///      "threads": [{"cpu_share", "busy_share"}]}, "idle_connections", "idle_lost",
///      "classes": [{"name", "open_loop", "requests", "winners", "refused", "errors", "timeouts",
///      "lost", "not_sent", "reconnects", "requests_per_second", "by_status": {"201": n},
///      "latency_ms": {"winners": H, "refused": H, "errors": H}, "service_ms": H,
///      "lateness_ms": H}]}
/// H: {"count", "mean", "p50", "p90", "p99", "p999", "max"}; only the count when that is 0.
std::string ReportJson(const LoadResult& result);

}  // namespace coupon::load

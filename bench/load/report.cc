#include "load/report.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <utility>

namespace coupon::load {
namespace {

double Milliseconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

double PerSecond(std::uint64_t count, double seconds) {
    return seconds > 0 ? static_cast<double>(count) / seconds : 0.0;
}

double CpuMicrosecondsPerRequest(const LoadResult& result) {
    const std::uint64_t requests = result.Requests();
    return requests > 0 ? result.CpuSeconds() * 1e6 / static_cast<double>(requests) : 0.0;
}

std::uint64_t Ended(const ClassResult& one, Ending ending) {
    return one.by_ending[static_cast<std::size_t>(ending)];
}

boost::json::object Json(const Histogram& histogram) {
    boost::json::object json{{"count", histogram.Count()}};
    if (histogram.Count() > 0) {
        json["mean"] = histogram.Mean() / 1e6;
        json["p50"] = Milliseconds(histogram.Percentile(50));
        json["p90"] = Milliseconds(histogram.Percentile(90));
        json["p99"] = Milliseconds(histogram.Percentile(99));
        json["p999"] = Milliseconds(histogram.Percentile(99.9));
        json["max"] = Milliseconds(histogram.Max());
    }
    return json;
}

boost::json::object Json(const ClassResult& one, double seconds) {
    boost::json::object by_status;
    for (std::size_t status = 0; status < one.by_status.size(); ++status) {
        if (one.by_status[status] > 0) by_status[std::to_string(status)] = one.by_status[status];
    }
    return {{"name", one.name},
            {"open_loop", one.open_loop},
            {"requests", one.Requests()},
            {"winners", one.winners.Count()},
            {"refused", one.refused.Count()},
            {"errors", one.errors.Count()},
            {"timeouts", Ended(one, Ending::kTimedOut)},
            {"lost", Ended(one, Ending::kLost)},
            {"not_sent", Ended(one, Ending::kNotSent)},
            {"reconnects", one.reconnects},
            {"requests_per_second", PerSecond(one.Answered(), seconds)},
            {"by_status", std::move(by_status)},
            {"latency_ms", boost::json::object{{"winners", Json(one.winners)},
                                               {"refused", Json(one.refused)},
                                               {"errors", Json(one.errors)}}},
            {"service_ms", Json(one.service)},
            {"lateness_ms", Json(one.lateness)}};
}

void AppendRow(std::string& text, std::string_view title, const Histogram& histogram) {
    if (histogram.Count() == 0) return;
    fmt::format_to(std::back_inserter(text),
                   "  {:<24}{:>12}{:>10.3f}{:>10.3f}{:>10.3f}{:>10.3f}{:>10.3f}{:>10.3f}\n", title,
                   histogram.Count(), histogram.Mean() / 1e6,
                   Milliseconds(histogram.Percentile(50)), Milliseconds(histogram.Percentile(90)),
                   Milliseconds(histogram.Percentile(99)), Milliseconds(histogram.Percentile(99.9)),
                   Milliseconds(histogram.Max()));
}

void AppendClass(std::string& text, const ClassResult& one, double seconds) {
    auto out = std::back_inserter(text);
    fmt::format_to(out, "class {} ({}): {} requests, {:.0f} answers/s\n", one.name,
                   one.open_loop ? "open loop" : "closed loop", one.Requests(),
                   PerSecond(one.Answered(), seconds));
    fmt::format_to(out, "  {:<24}{:>12}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "milliseconds",
                   "count", "mean", "p50", "p90", "p99", "p99.9", "max");
    AppendRow(text, "winners, from intended", one.winners);
    AppendRow(text, "refused, from intended", one.refused);
    AppendRow(text, "errors, from intended", one.errors);
    AppendRow(text, "answers, from the send", one.service);
    AppendRow(text, "the generator was late", one.lateness);
    text += "  by status:";
    for (std::size_t status = 0; status < one.by_status.size(); ++status) {
        if (one.by_status[status] > 0) {
            fmt::format_to(out, " {}: {}", status, one.by_status[status]);
        }
    }
    fmt::format_to(out, "; timed out: {}, lost: {}, not sent: {}, reconnected: {}\n",
                   Ended(one, Ending::kTimedOut), Ended(one, Ending::kLost),
                   Ended(one, Ending::kNotSent), one.reconnects);
}

}  // namespace

std::string ReportText(const LoadResult& result) {
    std::string text;
    auto out = std::back_inserter(text);
    for (const ClassResult& one : result.classes) AppendClass(text, one, result.seconds);
    if (result.idle_connections > 0) {
        fmt::format_to(out, "idle connections: {}, of them lost: {}\n", result.idle_connections,
                       result.idle_lost);
    }
    fmt::format_to(out, "generator: {:.2f} s, {:.2f} us of CPU a request;", result.seconds,
                   CpuMicrosecondsPerRequest(result));
    for (const ThreadUse& use : result.threads) {
        fmt::format_to(out, " {:.0f} % of a core, awake {:.0f} %;", use.CpuShare() * 100,
                       use.BusyShare() * 100);
    }
    text.back() = '\n';
    for (const std::string& limit : result.limits) {
        fmt::format_to(out, "THE GENERATOR WAS THE LIMIT: {}\n", limit);
    }
    return text;
}

std::string ReportJson(const LoadResult& result) {
    boost::json::array classes;
    for (const ClassResult& one : result.classes) classes.emplace_back(Json(one, result.seconds));
    boost::json::array threads;
    for (const ThreadUse& use : result.threads) {
        threads.emplace_back(
            boost::json::object{{"cpu_share", use.CpuShare()}, {"busy_share", use.BusyShare()}});
    }
    std::uint64_t answered = 0;
    for (const ClassResult& one : result.classes) answered += one.Answered();
    const boost::json::object json{
        {"seconds", result.seconds},
        {"requests", result.Requests()},
        {"errors", result.Errors()},
        {"requests_per_second", PerSecond(answered, result.seconds)},
        {"generator_limited", result.GeneratorLimited()},
        {"generator_limits", boost::json::array(result.limits.begin(), result.limits.end())},
        {"generator",
         boost::json::object{{"cpu_seconds", result.CpuSeconds()},
                             {"cpu_microseconds_per_request", CpuMicrosecondsPerRequest(result)},
                             {"threads", std::move(threads)}}},
        {"idle_connections", result.idle_connections},
        {"idle_lost", result.idle_lost},
        {"classes", std::move(classes)}};
    return boost::json::serialize(json);
}

}  // namespace coupon::load

#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/mutex.h"

namespace coupon {

/// What a scrape reads. Thread-safe; a scrape holds the registry's mutex, so two scrapes run one
/// after the other and a collector is never called twice at a time by one registry.
class MetricsRegistry {
public:
    static constexpr std::string_view kContentType = "text/plain; version=0.0.4";

    /// Every series gets the label application="<application>".
    explicit MetricsRegistry(std::string application);
    MetricsRegistry(const MetricsRegistry&) = delete;
    MetricsRegistry& operator=(const MetricsRegistry&) = delete;

    /// `collectable` must outlive the registry's last Render, and its Collect must neither throw
    /// nor call back here.
    void Register(const prometheus::Collectable& collectable);
    /// The same for a function.
    void Register(std::function<std::vector<prometheus::MetricFamily>()> collect);

    /// Every family, sorted by name, in Prometheus' text format 0.0.4. Families of one name are
    /// merged; they must be of one kind (CHECK). Families without series are left out.
    std::string Render() const;

private:
    const std::string application_;
    mutable Mutex mutex_;
    std::vector<std::function<std::vector<prometheus::MetricFamily>()>> collectors_
        GUARDED_BY(mutex_);
};

}  // namespace coupon

#include "common/metrics_registry.h"

#include <prometheus/text_serializer.h>

#include <iterator>
#include <map>
#include <utility>

#include "common/check.h"

namespace coupon {
namespace {

/// The serializer of prometheus-cpp 1.0 writes "Nan"; the format's word is "NaN". Only a value ends
/// a line this way (or a help text, which may have it, too).
void CorrectNaN(std::string& text) {
    constexpr std::string_view kWrong = " Nan\n";
    for (std::size_t at = text.find(kWrong); at != std::string::npos; at = text.find(kWrong, at)) {
        text[at + 3] = 'N';
    }
}

}  // namespace

MetricsRegistry::MetricsRegistry(std::string application) : application_(std::move(application)) {}

void MetricsRegistry::Register(const prometheus::Collectable& collectable) {
    Register([&collectable] { return collectable.Collect(); });
}

void MetricsRegistry::Register(std::function<std::vector<prometheus::MetricFamily>()> collect) {
    const MutexLock lock(mutex_);
    collectors_.push_back(std::move(collect));
}

std::string MetricsRegistry::Render() const {
    std::map<std::string, prometheus::MetricFamily> by_name;
    {
        const MutexLock lock(mutex_);
        for (const auto& collect : collectors_) {
            for (prometheus::MetricFamily& family : collect()) {
                // The format wants the series of one name together.
                const auto [known, is_new] = by_name.try_emplace(family.name, std::move(family));
                if (is_new) continue;
                CHECK(known->second.type == family.type);
                known->second.metric.insert(known->second.metric.end(),
                                            std::move_iterator(family.metric.begin()),
                                            std::move_iterator(family.metric.end()));
            }
        }
    }
    std::vector<prometheus::MetricFamily> families;
    for (auto& [name, family] : by_name) {
        if (family.metric.empty()) continue;
        for (prometheus::ClientMetric& metric : family.metric) {
            metric.label.insert(metric.label.begin(), {"application", application_});
        }
        families.push_back(std::move(family));
    }
    std::string text = prometheus::TextSerializer().Serialize(families);
    CorrectNaN(text);
    return text;
}

}  // namespace coupon

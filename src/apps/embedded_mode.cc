#include "apps/embedded_mode.h"

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "apps/demo_coupon.h"
#include "apps/ledger_metrics.h"
#include "common/limits.h"
#include "http/api/embedded_query_store.h"

namespace coupon {

Result<std::unique_ptr<ServiceMode>> EmbeddedMode::Open(const ServiceOptions& options,
                                                        const Clock& clock, const Logger& log) {
    auto admission = admission::EmbeddedAdmission::Open(
        {.ledger = {.data_dir = options.data_dir, .vfs = {}},
         .sequencer = {.wait_max = options.admission_wait_max, .log = &log}},
        clock);
    if (!admission) return std::unexpected(std::move(admission).error());
    if (options.demo_coupon) {
        if (auto opened = OpenDemoCoupon(**admission, clock.WallNow()); !opened) {
            return std::unexpected(std::move(opened).error());
        }
    }
    return std::unique_ptr<ServiceMode>(new EmbeddedMode(options, *std::move(admission)));
}

EmbeddedMode::EmbeddedMode(const ServiceOptions& options,
                           std::unique_ptr<admission::EmbeddedAdmission> admission)
    : data_dir_(options.data_dir),
      admission_(std::move(admission)),
      memory_(admission_->Reader()),
      facts_{.info = {.application = options.application_name,
                      .version = COUPON_VERSION,
                      .mode = "embedded",
                      .store = "sqlite",
                      .ack_level = admission_->Level(),
                      .reply_after = "ledger",
                      .path = http::api::AdmissionPath::kLedger},
             .place = options.data_dir.string(),
             .memory = &memory_} {}

Result<std::unique_ptr<http::api::QueryStore>> EmbeddedMode::OpenQueryStore() {
    return http::api::EmbeddedQueryStore::Open(admission_->DatabasePath(), data_dir_,
                                               admission_->Reader());
}

std::optional<std::string> EmbeddedMode::WhyNotReady() const {
    const admission::Sequencer& sequencer = admission_->SequencerState();
    if (const auto since = sequencer.WriteUnderWaySince();
        since && std::chrono::steady_clock::now() - *since > limits::kWriteStall) {
        return "the disk has not answered for longer than " +
               std::to_string(limits::kWriteStall.count()) + " s";
    }
    if (!sequencer.StorageFull()) return std::nullopt;
    // Without traffic no write would ever find that there is room again, so the device is asked.
    std::error_code unknown;
    const auto space = std::filesystem::space(data_dir_, unknown);
    if (!unknown && space.available >= limits::kFreeBytesToBeReady) return std::nullopt;
    return "no room left in data.dir";
}

std::vector<prometheus::MetricFamily> EmbeddedMode::Families() const {
    return LedgerFamilies(*admission_);
}

}  // namespace coupon

#pragma once

#include <filesystem>
#include <memory>

#include "admission/embedded_admission.h"
#include "apps/service_mode.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/service_options.h"

namespace coupon {

/// One process: the engine in memory and one SQLite file.
class EmbeddedMode final : public ServiceMode {
public:
    /// Opens the store, and the demo coupon if that is configured. Errors as
    /// EmbeddedAdmission::Open. `clock` and `log` must outlive the object.
    static Result<std::unique_ptr<ServiceMode>> Open(const ServiceOptions& options,
                                                     const Clock& clock, const Logger& log);

    admission::Admission& Admission() override { return *admission_; }
    const ModeFacts& Facts() const override { return facts_; }
    Result<std::unique_ptr<http::api::QueryStore>> OpenQueryStore() override;
    std::optional<std::string> WhyNotReady() const override;
    std::vector<prometheus::MetricFamily> Families() const override;

private:
    EmbeddedMode(const ServiceOptions& options,
                 std::unique_ptr<admission::EmbeddedAdmission> admission);

    const std::filesystem::path data_dir_;
    const std::unique_ptr<admission::EmbeddedAdmission> admission_;
    const admission::MemoryLookup memory_;
    const ModeFacts facts_;
};

}  // namespace coupon

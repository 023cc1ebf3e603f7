#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "admission/embedded_admission.h"
#include "tests/contract/admission_driver.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace coupon::contract {

/// EmbeddedAdmission in a folder of its own.
class EmbeddedStore final : public AdmissionStore {
public:
    std::unique_ptr<admission::Admission> Open() override {
        auto opened = admission::EmbeddedAdmission::Open(
            {.ledger = {.data_dir = folder_.Path(), .vfs = {}}, .hash_seed = 1}, clock_);
        if (!opened) {
            ADD_FAILURE() << Describe(opened.error());
            return nullptr;
        }
        reader_ = &(*opened)->Reader();
        return std::move(*opened);
    }
    void SetNow(WallTime now) override { clock_.Set(now); }
    const admission::HolderReader& Reader() override { return *reader_; }

private:
    support::TemporaryFolder folder_;
    support::ManualClock clock_;
    const admission::HolderReader* reader_ = nullptr;  ///< of the one that is open
};

}  // namespace coupon::contract

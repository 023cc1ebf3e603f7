#pragma once

#include <filesystem>
#include <memory>

#include "admission/store_lookup.h"
#include "http/api/query_store.h"
#include "ledger/sqlite_reader.h"

namespace coupon::http::api {

/// Everything that the embedded mode does not have: kNotSupported.
class NoOperatorStore final : public OperatorStore {
public:
    Result<RebuiltCoupon> Rebuild(CouponId coupon) override;
    Result<std::vector<ledger::DeadLetter>> DeadLetters(const DeadLetterQuery& query) override;
    Result<ledger::DeadLetter> FindDeadLetter(std::int64_t id) override;
    Result<ledger::DeadLetter> RetryDeadLetter(std::int64_t id) override;
    Result<ledger::DeadLetter> DropDeadLetter(std::int64_t id) override;
};

/// Over a read-only connection of its own and the engine's memory.
class EmbeddedQueryStore final : public QueryStore {
public:
    /// Backups go to backups/ in `data_dir`. `engine` must outlive it. Blocking. Errors as
    /// SqliteReader::Open.
    static Result<std::unique_ptr<QueryStore>> Open(const std::filesystem::path& database,
                                                    const std::filesystem::path& data_dir,
                                                    const admission::HolderReader& engine);

    admission::ClaimLookup& Lookup() override { return lookup_; }
    OperatorStore& Operator() override { return operator_; }
    Result<ledger::AuditReport> Audit() override { return file_->Audit(); }
    Result<ledger::BackupResult> Backup(WallTime now) override;
    void Interrupt() override { file_->Interrupt(); }

private:
    EmbeddedQueryStore(std::unique_ptr<ledger::SqliteReader> file, std::filesystem::path data_dir,
                       const admission::HolderReader& engine)
        : file_(std::move(file)), data_dir_(std::move(data_dir)), lookup_(engine, *file_) {}

    const std::unique_ptr<ledger::SqliteReader> file_;
    const std::filesystem::path data_dir_;
    admission::StoreLookup lookup_;
    NoOperatorStore operator_;
};

/// What an operation answers that this mode does not have; `detail` is for the caller.
std::unexpected<Error> NotSupported(std::string_view operation, std::string_view detail);

}  // namespace coupon::http::api

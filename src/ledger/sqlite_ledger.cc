#include "ledger/sqlite_ledger.h"

#include <fmt/format.h>

#include <utility>

#include "common/limits.h"
#include "ledger/durable_files.h"
#include "ledger/file_lock.h"
#include "ledger/sqlite_connection.h"
#include "ledger/sqlite_load.h"
#include "ledger/sqlite_store.h"
#include "ledger/sqlite_writer.h"

namespace coupon::ledger {

class SqliteLedger::Impl {
public:
    Impl(std::unique_ptr<FileLock> lock, Connection connection, int checkpoint_pages)
        : lock_(std::move(lock)),
          connection_(std::move(connection)),
          checkpoint_pages_(checkpoint_pages) {}

    Result<void> Start();
    Result<void> Write(const WriteBatch& batch);
    Result<void> WriteCoupon(const CouponChange& change);
    Result<void> CheckpointIfDue();

    Connection& OpenConnection() { return connection_; }
    const std::filesystem::path& DatabasePath() const { return connection_.File(); }
    int LogPages() const { return log_pages_; }

private:
    static int OnCommit(void* self, sqlite3* handle, const char* schema, int log_pages);

    /// Rolls back and says what the failure means for the caller and for the writes to come.
    std::unexpected<Error> Abort(Error error);
    std::unexpected<Error> CloseForWrites(Error error);
    std::unexpected<Error> Closed() const;

    std::unique_ptr<FileLock> lock_;  // declared first: released after the connection is gone
    Connection connection_;
    std::optional<BatchWriter> writer_;
    const int checkpoint_pages_;
    int log_pages_ = 0;
    int log_pages_at_checkpoint_ = 0;
    bool closed_ = false;
};

Result<void> SqliteLedger::Impl::Start() {
    Result<BatchWriter> writer = BatchWriter::Prepare(connection_);
    if (!writer) return std::unexpected(writer.error());
    writer_.emplace(std::move(*writer));
    sqlite3_wal_hook(connection_.Handle(), &Impl::OnCommit, this);
    connection_.SetCheckpointOnClose(true);
    return {};
}

int SqliteLedger::Impl::OnCommit(void* self, sqlite3*, const char*, int log_pages) {
    auto& impl = *static_cast<Impl*>(self);
    // Shorter than before: the log was begun anew after a checkpoint.
    if (log_pages < impl.log_pages_) impl.log_pages_at_checkpoint_ = 0;
    impl.log_pages_ = log_pages;
    return SQLITE_OK;
}

Result<void> SqliteLedger::Impl::Write(const WriteBatch& batch) {
    if (closed_) return Closed();
    if (batch.issuances.empty() && batch.redemptions.empty() && batch.undos.empty()) return {};
    Result<void> done = writer_->Begin();
    if (done) done = writer_->Append(batch);
    if (done) done = writer_->Commit();
    if (done) return {};
    std::unexpected<Error> failure = Abort(std::move(done.error()));
    if (failure.error().code != ErrorCode::kConflict) return failure;
    // The admission decided on a state that is not the stored one: whatever it answers next may be
    // false.
    failure.error().code = ErrorCode::kDamaged;
    return CloseForWrites(std::move(failure.error()));
}

Result<void> SqliteLedger::Impl::WriteCoupon(const CouponChange& change) {
    if (closed_) return Closed();
    Result<void> done = writer_->Begin();
    if (done) done = writer_->StoreCoupon(change);
    if (done) done = writer_->Commit();
    if (done) return {};
    return Abort(std::move(done.error()));
}

std::unexpected<Error> SqliteLedger::Impl::Abort(Error error) {
    if (sqlite3_get_autocommit(connection_.Handle()) == 0) (void)writer_->Rollback();
    const bool rolled_back = sqlite3_get_autocommit(connection_.Handle()) != 0;
    // Full: not one complete commit record reached the log, so that not even a crash can bring the
    // rows back.
    const bool harmless = error.code == ErrorCode::kStorageFull ||
                          error.code == ErrorCode::kUnavailable ||
                          error.code == ErrorCode::kConflict;
    if (rolled_back && harmless) {
        error.applied = Applied::kNo;
        return std::unexpected(std::move(error));
    }
    error.code = ErrorCode::kStorageFailed;
    error.applied = Applied::kUnknown;
    error.retry_is_safe = false;
    return CloseForWrites(std::move(error));
}

std::unexpected<Error> SqliteLedger::Impl::CloseForWrites(Error error) {
    closed_ = true;
    // A device that failed gets no further write; the next start reads the log and decides.
    connection_.SetCheckpointOnClose(false);
    return std::unexpected(std::move(error));
}

std::unexpected<Error> SqliteLedger::Impl::Closed() const {
    return std::unexpected(
        Error{.code = ErrorCode::kUnavailable,
              .operation = "write",
              .detail = fmt::format("{}: closed for writes after an earlier failure; restart",
                                    connection_.File().string())});
}

Result<void> SqliteLedger::Impl::CheckpointIfDue() {
    if (closed_) return Closed();
    if (log_pages_ - log_pages_at_checkpoint_ < checkpoint_pages_) return {};
    const int code = sqlite3_wal_checkpoint_v2(connection_.Handle(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code == SQLITE_OK || code == SQLITE_BUSY) {
        // A reader may have held the end of the log back: tried again after as many pages more, not
        // at each commit.
        log_pages_at_checkpoint_ = log_pages_;
        return {};
    }
    std::unexpected<Error> failure = connection_.Failure(code, "checkpoint");
    return Abort(std::move(failure.error()));
}

Result<std::unique_ptr<SqliteLedger>> SqliteLedger::Open(const SqliteLedgerOptions& options) {
    if (Result<void> made = CreateFolder(options.data_dir); !made) {
        return std::unexpected(made.error());
    }
    Result<std::unique_ptr<FileLock>> lock = FileLock::Acquire(options.data_dir);
    if (!lock) return std::unexpected(lock.error());
    Result<Connection> connection = OpenStore({.database = options.data_dir / kDatabaseFile,
                                               .vfs = options.vfs,
                                               .database_pages_max = options.database_pages_max});
    if (!connection) return std::unexpected(connection.error());
    const int pages =
        options.checkpoint_pages > 0 ? options.checkpoint_pages : limits::kCheckpointPages;
    auto impl = std::make_unique<Impl>(std::move(*lock), std::move(*connection), pages);
    if (Result<void> started = impl->Start(); !started) return std::unexpected(started.error());
    return std::unique_ptr<SqliteLedger>(new SqliteLedger(std::move(impl)));
}

SqliteLedger::SqliteLedger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteLedger::~SqliteLedger() = default;

Result<std::vector<SqliteLedger::StoredCoupon>> SqliteLedger::LoadCoupons() {
    return LoadCouponRows(impl_->OpenConnection());
}

Result<void> SqliteLedger::LoadIssuances(
    const std::function<Result<void>(const StoredIssuance&)>& visit) {
    return LoadIssuanceRows(impl_->OpenConnection(), visit);
}

Result<void> SqliteLedger::Write(const WriteBatch& batch) { return impl_->Write(batch); }

Result<void> SqliteLedger::WriteCoupon(const CouponChange& change) {
    return impl_->WriteCoupon(change);
}

Result<void> SqliteLedger::CheckpointIfDue() { return impl_->CheckpointIfDue(); }

int SqliteLedger::LogPages() const { return impl_->LogPages(); }

const std::filesystem::path& SqliteLedger::DatabasePath() const { return impl_->DatabasePath(); }

}  // namespace coupon::ledger

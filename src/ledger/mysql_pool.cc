#include "ledger/mysql_pool.h"
#include "common/limits_distributed.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "common/check.h"
#include "common/config_values.h"

namespace coupon::ledger {
namespace {

using std::chrono::milliseconds;

/// Connections made at one time must not all end at one time; as much as HikariCP takes.
constexpr int kLifetimeJitterDivisor = 40;

MonotonicTime Now() { return std::chrono::steady_clock::now(); }

milliseconds Left(MonotonicTime deadline) {
    return std::max(std::chrono::ceil<milliseconds>(deadline - Now()), milliseconds{1});
}

std::int64_t NanosecondsSince(MonotonicTime start) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Now() - start).count();
}

Result<void> CheckDuration(std::string key, milliseconds value, milliseconds most) {
    if (value > milliseconds{0} && value <= most) return {};
    return ConfigurationError(
        std::move(key), fmt::format("a duration above 0 and up to {}", FormatConfigDuration(most)));
}

}  // namespace

MysqlLease& MysqlLease::operator=(MysqlLease&& other) noexcept {
    if (this == &other) return *this;
    GiveBack();
    pool_ = other.pool_;
    connection_ = std::move(other.connection_);
    expires_at_ = other.expires_at_;
    taken_at_ = other.taken_at_;
    return *this;
}

MysqlLease::~MysqlLease() { GiveBack(); }

void MysqlLease::GiveBack() {
    if (connection_ == nullptr) return;
    pool_->GiveBack(
        {.connection = std::move(connection_), .expires_at = expires_at_, .idle_since = {}},
        taken_at_);
}

Result<std::unique_ptr<MysqlPool>> MysqlPool::Create(MysqlOptions options) {
    if (options.maximum_pool_size < limits::kMysqlPoolSizeMin ||
        options.maximum_pool_size > limits::kMysqlPoolSizeMax) {
        return ConfigurationError(
            "datasource.maximum_pool_size",
            fmt::format("{} to {}; an operator's change needs two connections",
                        limits::kMysqlPoolSizeMin, limits::kMysqlPoolSizeMax));
    }
    if (!options.ca_file.empty() && options.tls != MysqlTls::kVerifyIdentity) {
        return ConfigurationError(
            "datasource.ca_file",
            "set, but no certificate is looked at; allowed: with sslMode=VERIFY_IDENTITY");
    }
    if (auto ok = CheckDuration("datasource.max_lifetime", options.max_lifetime,
                                limits::kMysqlLifetimeMax);
        !ok) {
        return std::unexpected(ok.error());
    }
    if (auto ok = CheckDuration("datasource.connection_timeout", options.connection_timeout,
                                limits::kMysqlConnectionTimeoutMax);
        !ok) {
        return std::unexpected(ok.error());
    }
    return std::unique_ptr<MysqlPool>(new MysqlPool(std::move(options)));
}

MysqlPool::MysqlPool(MysqlOptions options)
    : options_(std::move(options)), random_(std::random_device{}()) {}

MysqlPool::~MysqlPool() {
    const MutexLock lock(mutex_);
    CHECK(active_ == 0 && pending_ == 0);
}

Result<MysqlLease> MysqlPool::Take() {
    const MonotonicTime started = Now();
    const MonotonicTime deadline = started + options_.connection_timeout;
    auto slot = TakeSlot(deadline);
    if (!slot) return std::unexpected(slot.error());
    if (!*slot || !StillGood(**slot, deadline)) {
        slot->reset();  // closes it, before there is another
        auto opened = OpenAnother(deadline);
        if (!opened) return std::unexpected(opened.error());
        *slot = *std::move(opened);
    }
    {
        const MutexLock lock(mutex_);
        acquire_.Record(NanosecondsSince(started));
    }
    return MysqlLease(*this, std::move((*slot)->connection), (*slot)->expires_at, Now());
}

Result<std::optional<MysqlPool::Pooled>> MysqlPool::TakeSlot(MonotonicTime deadline) {
    const MutexLock lock(mutex_);
    while (idle_.empty() && active_ >= options_.maximum_pool_size) {
        ++pending_;
        const bool in_time = given_back_.WaitUntil(mutex_, deadline);
        --pending_;
        if (in_time || active_ < options_.maximum_pool_size) continue;
        timeouts_.Add();
        return std::unexpected(
            Error{.code = ErrorCode::kUnavailable,
                  .operation = "take a connection",
                  .applied = Applied::kNo,
                  .retry_is_safe = true,
                  .detail = fmt::format("none of the {} connections to {} came back within {} "
                                        "(datasource.connection_timeout)",
                                        options_.maximum_pool_size, Describe(options_),
                                        FormatConfigDuration(options_.connection_timeout))});
    }
    ++active_;
    if (idle_.empty()) return std::nullopt;
    Pooled pooled = std::move(idle_.back());
    idle_.pop_back();
    return pooled;
}

bool MysqlPool::StillGood(Pooled& pooled, MonotonicTime deadline) const {
    const MonotonicTime now = Now();
    if (now >= pooled.expires_at) return false;
    if (now - pooled.idle_since <= options_.idle_unchecked) return true;
    return pooled.connection->Ping(Left(deadline)).has_value();
}

Result<MysqlPool::Pooled> MysqlPool::OpenAnother(MonotonicTime deadline) {
    MysqlOptions options = options_;
    options.connection_timeout = Left(deadline);
    auto connection = MysqlConnection::Open(options);
    const MutexLock lock(mutex_);
    if (!connection) {
        failed_.Add();
        --active_;
        given_back_.NotifyOne();
        return std::unexpected(std::move(connection.error()));
    }
    created_.Add();
    const auto jitter = options_.max_lifetime.count() / kLifetimeJitterDivisor;
    const milliseconds early(std::uniform_int_distribution<std::int64_t>(0, jitter)(random_));
    return Pooled{.connection = std::make_unique<MysqlConnection>(*std::move(connection)),
                  .expires_at = Now() + options_.max_lifetime - early,
                  .idle_since = {}};
}

void MysqlPool::GiveBack(Pooled pooled, MonotonicTime taken_at) {
    const MonotonicTime now = Now();
    const bool good = !pooled.connection->Broken() && !pooled.connection->InTransaction() &&
                      now < pooled.expires_at;
    if (!good) pooled.connection.reset();  // not under the mutex: it writes to the server
    pooled.idle_since = now;
    const MutexLock lock(mutex_);
    --active_;
    usage_.Record(NanosecondsSince(taken_at));
    if (good) idle_.push_back(std::move(pooled));
    given_back_.NotifyOne();
}

MysqlPoolNumbers MysqlPool::Numbers() const {
    const MutexLock lock(mutex_);
    MysqlPoolNumbers numbers{.active = active_,
                             .idle = idle_.size(),
                             .pending = pending_,
                             .max = options_.maximum_pool_size,
                             .timeouts = timeouts_.Value(),
                             .created = created_.Value(),
                             .failed = failed_.Value()};
    acquire_.AddTo(numbers.acquire);
    usage_.AddTo(numbers.usage);
    return numbers;
}

}  // namespace coupon::ledger

#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "admission/ledger_waits.h"
#include "admission/request.h"
#include "common/clock.h"
#include "common/error.h"
#include "ledger/issuance_row.h"

namespace coupon::admission {

class RedisBackend;

/// One event loop's yes that waits until the ledger has it (reply_after: ledger). A consumer's
/// message sets it free; shortly before its deadline the ledger itself is asked; at its deadline it
/// is answered as unknown, whatever the ledger does. Confined to the loop's thread.
class LedgerReplies {
public:
    /// Takes the answers, on the loop's thread.
    using Sink = std::function<void(const std::vector<UserReply>&)>;

    /// `io` and `backend` must outlive it.
    LedgerReplies(boost::asio::io_context& io, RedisBackend& backend,
                  std::chrono::milliseconds timeout, Sink sink);

    /// kAdmitted or kDuplicate, as Redis said under `epoch`.
    void Hold(const UserReply& reply, std::int64_t epoch, MonotonicTime now);
    /// A payload of kCommittedChannel.
    void OnMessage(std::string_view payload);
    /// What has become due. Call it again while not Empty.
    void Sweep(MonotonicTime now);
    /// All of them are unknown now.
    void GiveUp() { Expire(MonotonicTime::max()); }
    bool Empty() const { return waits_.Empty(); }

private:
    void Expire(MonotonicTime now);
    void LookUp(const UserReply& reply);
    void OnRow(UserReply reply, const Result<std::optional<ledger::IssuanceRow>>& row);
    void Issued(std::vector<UserReply> replies);

    boost::asio::io_context& io_;
    RedisBackend& backend_;
    const std::chrono::milliseconds timeout_;
    const Sink sink_;
    LedgerWaits waits_;
};

}  // namespace coupon::admission

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "admission/admission.h"
#include "admission/engine.h"
#include "admission/sequencer.h"
#include "admission/store_reader.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/limits.h"
#include "common/mutex.h"
#include "ledger/sqlite_ledger.h"

namespace coupon::admission {

struct EmbeddedAdmissionOptions {
    ledger::SqliteLedgerOptions ledger;
    std::uint64_t hash_seed = 0;  ///< of the engine; 0 = from the system's entropy
    SequencerOptions sequencer{};
};

/// The embedded form: one engine in memory, one SQLite file, one sequencer thread between them.
///
/// The sequencer takes everything that is waiting, decides each in turn, appends what was admitted
/// in one transaction, and hands the answers back once that is on disk. While it waits for the disk
/// the next batch gathers: that is the only batching there is. Every answer of a batch waits for
/// its commit, so none rests on something that a crash could take back.
class EmbeddedAdmission final : public Admission {
public:
    /// Opens the store, re-proves P2, P4 and the sequences from its rows and starts the sequencer.
    /// Errors as SqliteLedger::Open, and kDamaged if the rows break a promise. `clock` must outlive
    /// the object.
    static Result<std::unique_ptr<EmbeddedAdmission>> Open(const EmbeddedAdmissionOptions& options,
                                                           const Clock& clock);
    ~EmbeddedAdmission() override;

    std::optional<UserReply> Submit(SubmitterId from, const UserRequest& request) override;
    void Apply(OperatorChange change, ChangeCallback done) override;
    const HolderReader& Reader() const override;
    SubmitterId Register(ReplySink& sink, boost::asio::io_context& loop) override;
    bool Drain(std::chrono::milliseconds deadline) override;

    AckLevel Level() const { return AckLevel::kDurable; }
    /// The file that read-only connections open.
    const std::filesystem::path& DatabasePath() const { return ledger_->DatabasePath(); }
    /// Its counters may be read by any thread.
    const Sequencer& SequencerState() const { return sequencer_; }
    /// Requests refused because a submission ring was full. Any thread.
    std::uint64_t Overloaded() const;

private:
    struct Submitter;
    /// How many requests of the batch are one submitter's; they lie together, in the order of the
    /// parts.
    struct BatchPart {
        Submitter* submitter;
        std::size_t requests;
    };
    struct PendingChange {
        OperatorChange change;
        ChangeCallback done;
    };

    EmbeddedAdmission(std::unique_ptr<Engine> engine, std::unique_ptr<ledger::SqliteLedger> ledger,
                      const Clock& clock, const SequencerOptions& sequencer);

    void Run();
    bool RunRound();
    std::span<const std::unique_ptr<Submitter>> Submitters() const;
    std::size_t TakeRequests();
    void DeliverReplies();
    std::size_t ApplyChanges();
    bool SomethingWaits() const;
    void SleepUntilWoken();
    void Wake();

    std::unique_ptr<Engine> engine_;
    std::unique_ptr<ledger::SqliteLedger> ledger_;
    Sequencer sequencer_;
    const StoreReader reader_{*engine_, sequencer_};
    /// Slots up to submitter_count_ are set, and stay as they are.
    std::array<std::unique_ptr<Submitter>, limits::kSubmittersMax> submitters_;
    /// Stored by Register with release, after the slot; partner: Submitters.
    std::atomic<std::size_t> submitter_count_{0};

    // --- The sequencer thread's own
    std::size_t first_submitter_ = 0;  // rotates, so that no loop is always served first
    std::vector<BatchPart> batch_;
    std::vector<UserRequest> requests_;
    std::vector<UserReply> replies_;

    // --- Between threads
    Mutex changes_mutex_;
    std::deque<PendingChange> changes_ GUARDED_BY(changes_mutex_);
    /// The size of changes_, counted up after it grew; partner: sleeping_ (see SleepUntilWoken).
    std::atomic<std::uint32_t> changes_waiting_{0};
    /// 1 = the sequencer sleeps; partners: Submitter::submitted and changes_waiting_ (see
    /// SleepUntilWoken).
    std::atomic<std::uint32_t> sleeping_{0};
    /// Nothing new is taken; partner: sleeping_ (Drain wakes after it, SleepUntilWoken looks before
    /// it sleeps).
    std::atomic<bool> draining_{false};
    Mutex finished_mutex_;
    CondVar finished_changed_;
    bool finished_ GUARDED_BY(finished_mutex_) = false;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace coupon::admission

#include "admission/embedded_admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/lockfree/spsc_queue.hpp>
#include <random>
#include <utility>

#include "admission/engine_rules.h"
#include "admission/restore.h"
#include "common/check.h"
#include "common/limits.h"
#include "common/metric_cells.h"

namespace coupon::admission {

/// One event loop's way in: its thread pushes, the sequencer pops.
struct EmbeddedAdmission::Submitter {
    explicit Submitter(ReplySink& reply_sink) : sink(reply_sink) {}

    ReplySink& sink;
    boost::lockfree::spsc_queue<UserRequest,
                                boost::lockfree::capacity<limits::kSubmissionRingEntries>>
        ring;
    alignas(kCacheLineBytes) std::atomic<std::uint64_t> submitted{0};  // written by the loop
    CounterCell overloaded;                                            // written by the loop
    alignas(kCacheLineBytes) std::uint64_t taken = 0;                  // the sequencer's own
};

namespace {

/// Requests taken from a ring at a time.
constexpr std::size_t kPopEntries = 64;

std::uint64_t HashSeedFromSystem() {
    std::random_device entropy;
    return (std::uint64_t{entropy()} << 32) | entropy();
}

}  // namespace

Result<std::unique_ptr<EmbeddedAdmission>> EmbeddedAdmission::Open(
    const EmbeddedAdmissionOptions& options, const Clock& clock) {
    auto ledger = ledger::SqliteLedger::Open(options.ledger);
    if (!ledger) return std::unexpected(ledger.error());
    auto engine =
        std::make_unique<Engine>(options.hash_seed != 0 ? options.hash_seed : HashSeedFromSystem());
    if (auto restored = RestoreEngine(*engine, **ledger); !restored) {
        return std::unexpected(restored.error());
    }
    return std::unique_ptr<EmbeddedAdmission>(
        new EmbeddedAdmission(std::move(engine), std::move(*ledger), clock, options.sequencer));
}

EmbeddedAdmission::EmbeddedAdmission(std::unique_ptr<Engine> engine,
                                     std::unique_ptr<ledger::SqliteLedger> ledger,
                                     const Clock& clock, const SequencerOptions& sequencer)
    : engine_(std::move(engine)),
      ledger_(std::move(ledger)),
      sequencer_(*engine_, *ledger_, clock, sequencer) {
    requests_.reserve(limits::kBatchEntriesMax);
    replies_.reserve(limits::kBatchEntriesMax);
    thread_ = std::thread([this] { Run(); });
}

EmbeddedAdmission::~EmbeddedAdmission() {
    draining_.store(true, std::memory_order_seq_cst);
    Wake();
    thread_.join();
}

const HolderReader& EmbeddedAdmission::Reader() const { return reader_; }

SubmitterId EmbeddedAdmission::Register(ReplySink& sink, boost::asio::io_context& /*loop*/) {
    const std::size_t index = submitter_count_.load(std::memory_order_relaxed);
    CHECK(index < submitters_.size());
    submitters_[index] = std::make_unique<Submitter>(sink);
    submitter_count_.store(index + 1, std::memory_order_release);
    return SubmitterId{index};
}

std::span<const std::unique_ptr<EmbeddedAdmission::Submitter>> EmbeddedAdmission::Submitters()
    const {
    return std::span(submitters_).first(submitter_count_.load(std::memory_order_acquire));
}

std::optional<UserReply> EmbeddedAdmission::Submit(SubmitterId from, const UserRequest& request) {
    if (const auto at_once = sequencer_.AnswerAtOnce(request)) return at_once;
    if (draining_.load(std::memory_order_acquire)) return ReplyTo(request, Outcome::kUnavailable);
    Submitter& submitter = *submitters_[from.index];
    if (!submitter.ring.push(request)) {
        submitter.overloaded.Add();
        return ReplyTo(request, Outcome::kOverloaded);
    }
    // seq_cst on both, partner of SleepUntilWoken: either the sequencer sees this count before it
    // sleeps, or this thread sees that it sleeps.
    submitter.submitted.fetch_add(1, std::memory_order_seq_cst);
    if (sleeping_.load(std::memory_order_seq_cst) != 0) Wake();
    return std::nullopt;
}

void EmbeddedAdmission::Apply(OperatorChange change, ChangeCallback done) {
    const auto refuse = [&](ErrorCode code, std::string why) {
        done(ChangeRefused(code, std::move(why)));
    };
    if (draining_.load(std::memory_order_acquire)) {
        refuse(ErrorCode::kUnavailable, "the service is stopping");
        return;
    }
    {
        const MutexLock lock(changes_mutex_);
        if (changes_.size() < limits::kOperatorQueueEntriesMax) {
            changes_.push_back({std::move(change), std::move(done)});
            done = nullptr;
        }
    }
    if (done) {
        refuse(ErrorCode::kOverloaded, "too many changes of coupons are waiting");
        return;
    }
    changes_waiting_.fetch_add(1, std::memory_order_seq_cst);
    if (sleeping_.load(std::memory_order_seq_cst) != 0) Wake();
}

void EmbeddedAdmission::Wake() {
    sleeping_.store(0, std::memory_order_seq_cst);
    sleeping_.notify_one();
}

bool EmbeddedAdmission::SomethingWaits() const {
    return changes_waiting_.load(std::memory_order_seq_cst) != 0 ||
           std::ranges::any_of(Submitters(), [](const auto& submitter) {
               return submitter->submitted.load(std::memory_order_seq_cst) != submitter->taken;
           });
}

void EmbeddedAdmission::SleepUntilWoken() {
    sleeping_.store(1, std::memory_order_seq_cst);
    if (SomethingWaits() || draining_.load(std::memory_order_seq_cst)) {
        sleeping_.store(0, std::memory_order_relaxed);
        return;
    }
    sleeping_.wait(1, std::memory_order_seq_cst);
}

void EmbeddedAdmission::Run() {
    while (true) {
        if (RunRound()) continue;
        if (draining_.load(std::memory_order_seq_cst) && !SomethingWaits()) break;
        SleepUntilWoken();
    }
    const MutexLock lock(finished_mutex_);
    finished_ = true;
    finished_changed_.NotifyAll();
}

bool EmbeddedAdmission::RunRound() {
    const std::size_t taken = TakeRequests();
    if (taken > 0) {
        sequencer_.Process(requests_, replies_);
        DeliverReplies();
    }
    return ApplyChanges() + taken > 0;
}

std::size_t EmbeddedAdmission::TakeRequests() {
    requests_.clear();
    batch_.clear();
    const auto submitters = Submitters();
    if (submitters.empty()) return 0;
    // Each loop has an equal share of the batch, so that a busy one does not crowd out another.
    const std::size_t share = limits::kBatchEntriesMax / submitters.size();
    first_submitter_ = (first_submitter_ + 1) % submitters.size();
    std::array<UserRequest, kPopEntries> buffer;
    for (std::size_t i = 0; i < submitters.size(); ++i) {
        Submitter& submitter = *submitters[(first_submitter_ + i) % submitters.size()];
        std::size_t count = 0;
        while (count < share) {
            const std::size_t popped =
                submitter.ring.pop(buffer.data(), std::min(buffer.size(), share - count));
            if (popped == 0) break;
            requests_.insert(requests_.end(), buffer.begin(),
                             buffer.begin() + static_cast<std::ptrdiff_t>(popped));
            count += popped;
        }
        submitter.taken += count;
        if (count > 0) batch_.push_back({&submitter, count});
    }
    return requests_.size();
}

void EmbeddedAdmission::DeliverReplies() {
    std::span<const UserReply> rest = replies_;
    for (const BatchPart& part : batch_) {
        part.submitter->sink.Deliver(rest.first(part.requests));
        rest = rest.subspan(part.requests);
    }
}

std::size_t EmbeddedAdmission::ApplyChanges() {
    std::size_t applied = 0;
    while (applied < limits::kOperatorChangesPerRoundMax &&
           changes_waiting_.load(std::memory_order_seq_cst) != 0) {
        PendingChange pending;
        {
            const MutexLock lock(changes_mutex_);
            CHECK(!changes_.empty());
            pending = std::move(changes_.front());
            changes_.pop_front();
        }
        changes_waiting_.fetch_sub(1, std::memory_order_seq_cst);
        pending.done(sequencer_.Process(pending.change));
        ++applied;
    }
    return applied;
}

bool EmbeddedAdmission::Drain(std::chrono::milliseconds deadline) {
    const MonotonicTime until = std::chrono::steady_clock::now() + deadline;
    draining_.store(true, std::memory_order_seq_cst);
    Wake();
    const MutexLock lock(finished_mutex_);
    while (!finished_) {
        if (!finished_changed_.WaitUntil(finished_mutex_, until)) return finished_;
    }
    return true;
}

std::uint64_t EmbeddedAdmission::Overloaded() const {
    std::uint64_t total = 0;
    for (const auto& submitter : Submitters()) total += submitter->overloaded.Value();
    return total;
}

}  // namespace coupon::admission

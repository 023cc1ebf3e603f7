#include "admission/redis_admission.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "admission/engine_rules.h"
#include "admission/redis_backend.h"
#include "admission/redis_loop.h"
#include "common/check.h"

namespace coupon::admission {
namespace {

/// How often a drain looks whether everything is answered.
constexpr std::chrono::milliseconds kDrainLook{1};
/// For a loop to answer what it holds, which takes it no I/O.
constexpr std::chrono::seconds kGiveUpPatience{1};

}  // namespace

class RedisAdmission::Impl final : public AdmissionReader {
public:
    Impl(const RedisAdmissionOptions& options, std::unique_ptr<RedisBackend> backend)
        : options_(options), backend_(std::move(backend)) {}
    ~Impl() override { backend_->Stop(); }

    std::optional<UserReply> Submit(SubmitterId from, const UserRequest& request) {
        if (draining_.load(std::memory_order_acquire)) {
            return ReplyTo(request, Outcome::kUnavailable);
        }
        return loops_[from.index]->Submit(request);
    }
    void Apply(OperatorChange&& change, ChangeCallback&& done) {
        if (draining_.load(std::memory_order_acquire)) {
            done(ChangeRefused(ErrorCode::kUnavailable, "the service is stopping"));
            return;
        }
        // What the caller's next claim meets is the change, and no refusal from before it.
        backend_->Apply(std::move(change), [this, done = std::move(done)](Result<CouponView> view) {
            if (view) {
                for (const auto& loop : Loops()) loop->ForgetRefusal(view->coupon.id);
            }
            done(std::move(view));
        });
    }
    SubmitterId Register(ReplySink& sink, boost::asio::io_context& io) {
        const std::size_t index = loop_count_.load(std::memory_order_relaxed);
        CHECK(index < loops_.size());
        auto loop = RedisLoop::Create(io, sink, options_, *backend_);
        CHECK(loop.has_value());  // Open made a session with the same options
        loops_[index] = std::move(*loop);
        loop_count_.store(index + 1, std::memory_order_release);
        return SubmitterId{index};
    }
    bool Drain(std::chrono::milliseconds deadline) {
        draining_.store(true, std::memory_order_release);
        if (!AllAnsweredWithin(deadline)) {
            for (const auto& loop : Loops()) loop->GiveUp();
            if (!AllAnsweredWithin(kGiveUpPatience)) return false;
        }
        backend_->Stop();
        return true;
    }
    RedisAdmissionNumbers Numbers() const {
        RedisAdmissionNumbers sum{.shed = backend_->Shed(),
                                  .loads = backend_->Loads(),
                                  .load_failures = backend_->LoadFailures()};
        for (const auto& loop : Loops()) {
            const RedisLoop::Stats& stats = loop->Numbers();
            sum.batches += stats.batches.Value();
            sum.batched_claims += stats.batched_claims.Value();
            sum.cached_refusals += stats.cached_refusals.Value();
            sum.overloaded += stats.overloaded.Value();
            sum.shed += stats.shed.Value();
            sum.unknown += stats.unknown.Value();
        }
        return sum;
    }
    RedisBackend& Backend() const { return *backend_; }

    std::optional<CouponView> FindCoupon(CouponId id) const override { return backend_->Known(id); }
    std::optional<std::string> Unavailable() const override {
        const auto loops = Loops();
        const bool up = std::ranges::all_of(loops, [](const auto& loop) { return loop->Up(); });
        return up ? std::nullopt : std::optional<std::string>("Redis is not connected");
    }

private:
    std::span<const std::unique_ptr<RedisLoop>> Loops() const {
        return std::span(loops_).first(loop_count_.load(std::memory_order_acquire));
    }
    bool AllAnsweredWithin(std::chrono::milliseconds patience) const {
        const MonotonicTime until = std::chrono::steady_clock::now() + patience;
        const auto answered = [](const auto& loop) { return loop->Outstanding() == 0; };
        while (!std::ranges::all_of(Loops(), answered)) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::sleep_for(kDrainLook);
        }
        return true;
    }

    const RedisAdmissionOptions options_;
    const std::unique_ptr<RedisBackend> backend_;
    /// Slots up to loop_count_ are set, and stay as they are.
    std::array<std::unique_ptr<RedisLoop>, limits::kSubmittersMax> loops_;
    std::atomic<std::size_t> loop_count_{
        0};  ///< stored with release after the slot; partner: Loops
    std::atomic<bool> draining_{false};  ///< stored with release; partner: Submit, Apply
};

Result<std::unique_ptr<RedisAdmission>> RedisAdmission::Open(const RedisAdmissionOptions& options,
                                                             ledger::MysqlPool& pool,
                                                             const Clock& clock) {
    auto backend = RedisBackend::Open(options, pool, clock);
    if (!backend) return std::unexpected(std::move(backend.error()));
    return std::unique_ptr<RedisAdmission>(
        new RedisAdmission(std::make_unique<Impl>(options, std::move(*backend))));
}

RedisAdmission::RedisAdmission(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RedisAdmission::~RedisAdmission() = default;

std::optional<UserReply> RedisAdmission::Submit(SubmitterId from, const UserRequest& request) {
    return impl_->Submit(from, request);
}
void RedisAdmission::Apply(OperatorChange change, ChangeCallback done) {
    impl_->Apply(std::move(change), std::move(done));
}
const AdmissionReader& RedisAdmission::Reader() const { return *impl_; }
SubmitterId RedisAdmission::Register(ReplySink& sink, boost::asio::io_context& loop) {
    return impl_->Register(sink, loop);
}
bool RedisAdmission::Drain(std::chrono::milliseconds deadline) { return impl_->Drain(deadline); }

AckLevel RedisAdmission::Level() const { return impl_->Backend().Durability().level; }
std::string RedisAdmission::Durability() const { return impl_->Backend().Durability().text; }
RedisAdmissionNumbers RedisAdmission::Numbers() const { return impl_->Numbers(); }
Result<LoadedCoupon> RedisAdmission::Rebuild(CouponId id) { return impl_->Backend().Rebuild(id); }
Result<LoadedCoupon> RedisAdmission::Load(CouponId id) {
    return impl_->Backend().LoadWithin(id, limits::kRedisReadPatience);
}

}  // namespace coupon::admission

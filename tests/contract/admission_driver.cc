#include "tests/contract/admission_driver.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <future>
#include <utility>

namespace coupon::contract {
namespace {

constexpr std::chrono::seconds kPatience{10};

}  // namespace

AdmissionDriver::AdmissionDriver(admission::Admission& admission)
    : admission_(admission), id_(admission.Register(*this, io_)), thread_([this] { io_.run(); }) {}

AdmissionDriver::~AdmissionDriver() { StopLoop(); }

void AdmissionDriver::StopLoop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
}

std::uint64_t AdmissionDriver::Send(admission::RequestKind kind, CouponId coupon, UserId user,
                                    Money amount, MonotonicTime received_at) {
    const std::uint64_t tag = ++last_tag_;
    std::promise<void> submitted;
    boost::asio::post(io_, [&] {
        const auto at_once = admission_.Submit(id_, {.kind = kind,
                                                     .coupon_id = coupon,
                                                     .user_id = user,
                                                     .order_amount = amount,
                                                     .tag = tag,
                                                     .received_at = received_at});
        if (at_once) Deliver({&*at_once, 1});
        submitted.set_value();
    });
    submitted.get_future().wait();
    return tag;
}

admission::UserReply AdmissionDriver::Await(std::uint64_t tag) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    const MutexLock lock(mutex_);
    while (!replies_.contains(tag)) {
        if (!arrived_.WaitUntil(mutex_, deadline) && !replies_.contains(tag)) {
            ADD_FAILURE() << "no answer to request " << tag;
            return {};
        }
    }
    EXPECT_EQ(answered_twice_, 0U);
    return replies_.at(tag);
}

admission::UserReply AdmissionDriver::Ask(admission::RequestKind kind, CouponId coupon, UserId user,
                                          Money amount) {
    return Await(Send(kind, coupon, user, amount));
}

Result<admission::CouponView> AdmissionDriver::Change(admission::OperatorChange change) {
    auto promise = std::make_shared<std::promise<Result<admission::CouponView>>>();
    auto answer = promise->get_future();
    admission_.Apply(std::move(change), [promise](Result<admission::CouponView> result) {
        promise->set_value(std::move(result));
    });
    if (answer.wait_for(kPatience) != std::future_status::ready) {
        ADD_FAILURE() << "no answer to an operator change";
        return InvalidArgument("test", "no answer");
    }
    return answer.get();
}

void AdmissionDriver::Deliver(std::span<const admission::UserReply> replies) noexcept {
    const MutexLock lock(mutex_);
    for (const admission::UserReply& reply : replies) {
        if (!replies_.emplace(reply.tag, reply).second) ++answered_twice_;
    }
    arrived_.NotifyAll();
}

}  // namespace coupon::contract

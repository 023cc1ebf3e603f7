#include "http/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <utility>

#include "common/check.h"
#include "http/response_writer.h"

namespace coupon::http {

Connection::Connection(EventLoop& loop, std::uint32_t slot, EventLoop::Socket&& socket)
    : loop_(loop), socket_(std::move(socket)), parser_(loop.options_.body_limit), slot_(slot) {}

void Connection::Start() {
    now_ = std::chrono::steady_clock::now();
    Read();
}

void Connection::RefuseForCapacity() {
    beyond_capacity_ = true;
    now_ = std::chrono::steady_clock::now();
    Refuse({503, TransportEvent::kTooManyConnections, "Too many connections; try again later."},
           "Retry-After: 1\r\n");
}

void Connection::SetWait(Wait wait) {
    if (wait == wait_ && wait != Wait::kIdle) {
        return;  // the time-out is for the whole, not for each byte
    }
    wait_ = wait;
    const ServerOptions& options = loop_.options_;
    switch (wait) {
        case Wait::kNothing: deadline_ = MonotonicTime::max(); return;
        case Wait::kIdle: deadline_ = now_ + options.idle_timeout; return;
        case Wait::kHeader: deadline_ = now_ + options.header_timeout; return;
        case Wait::kBody: deadline_ = now_ + options.body_timeout; return;
        case Wait::kWrite: deadline_ = now_ + options.write_timeout; return;
        case Wait::kLinger: deadline_ = now_ + options.linger_timeout; return;
    }
}

void Connection::Read() {
    DCHECK(!reading_ && !Closed());
    if (phase_ == Phase::kReading) {
        SetWait(input_.Empty()             ? Wait::kIdle
                : parser_.HeaderComplete() ? Wait::kBody
                                           : Wait::kHeader);
    }
    const std::span<char> room =
        input_.Prepare(phase_ == Phase::kReading ? parser_.MessageBytes() : 0);
    reading_ = true;
    ++operations_;
    socket_.async_read_some(
        boost::asio::mutable_buffer(room.data(), room.size()),
        [this](boost::system::error_code error, std::size_t bytes) { OnRead(error, bytes); });
}

void Connection::OnRead(boost::system::error_code error, std::size_t bytes) {
    reading_ = false;
    now_ = std::chrono::steady_clock::now();
    switch (phase_) {
        case Phase::kClosed: return FinishOperation();
        case Phase::kLingering:
            FinishOperation();
            input_.Release();
            return error ? Close() : Read();
        case Phase::kReading: break;
        default:
            // A read was under way when a time-out refused the request: the refusal is on its way,
            // this is dropped.
            FinishOperation();
            if (error && error != boost::asio::error::eof) Close();
            return;
    }
    FinishOperation();
    if (error) {
        if (!input_.Empty()) loop_.transport_stats_.Count(TransportEvent::kClientGone);
        return Close();
    }
    input_.Commit(bytes);
    Process();
}

// Serves what is in the buffer, gathers the answers, and reads on when the buffer holds no whole
// request.
void Connection::Process() {
    while (phase_ == Phase::kReading && !input_.Empty()) {
        if (out_.size() - out_sent_ >= limits::kPipelinedAnswerBytesMax && !Flush()) {
            return;  // goes on when the socket takes more, or never
        }
        if (!ProcessOne()) break;
    }
    if (Flush()) Resume();
}

// False when there is no whole request, or it was refused.
bool Connection::ProcessOne() {
    switch (parser_.Advance(input_.View())) {
        case RequestParser::Progress::kRefused: Refuse(parser_.Refused()); return false;
        case RequestParser::Progress::kIncomplete: OfferContinue(); return false;
        case RequestParser::Progress::kComplete: Dispatch(); return true;
    }
    return false;
}

void Connection::OfferContinue() {
    if (parser_.HeaderComplete() && parser_.ExpectsContinue() && !continue_offered_) {
        continue_offered_ = true;
        loop_.transport_stats_.Count(TransportEvent::kContinueSent);
        Out().append("HTTP/1.1 100 Continue\r\n\r\n");
    }
}

void Connection::Dispatch() {
    Request& request = parser_.Parsed();
    request.received_at = received_at_ = now_;
    head_ = request.method == Method::kHead;
    http10_ = parser_.IsHttp10();
    keep_alive_ = parser_.KeepAlive();
    continue_offered_ = false;
    SetWait(Wait::kNothing);
    phase_ = Phase::kHandling;
    exchange_open_ = true;
    const ExchangeId id{slot_, ++loop_.slots_[slot_].generation};
    const std::size_t message_bytes = parser_.MessageBytes();

    const Handling handling = loop_.handler_->OnRequest(loop_, id, request);

    CHECK(exchange_open_ == (handling == Handling::kPending));
    input_.Consume(message_bytes);
    parser_.Reset();
    if (exchange_open_) {
        phase_ = Phase::kPending;
        loop_.transport_stats_.ExchangeStarted();
    }
}

void Connection::Refuse(const Refusal& refusal, std::string_view extra_headers) {
    loop_.transport_stats_.Count(refusal.event);
    loop_.records_.push_back({0, refusal.status, now_});  // route 0: it has none
    const std::string body =
        loop_.handler_->RefusalBody(refusal.status, ToString(refusal.event), refusal.detail);
    Response response;
    response.status = refusal.status;
    response.content_type = "application/problem+json";
    response.extra_headers = extra_headers;
    response.body = body;
    AppendResponse(Out(), response,
                   parser_.IsHead() ? BodyFraming::kHeadOnly : BodyFraming::kLength, true,
                   loop_.date_line_.Text());
    phase_ = Phase::kClosing;
    if (Flush()) Resume();
}

void Connection::CheckDeadline(MonotonicTime now) {
    if (now < deadline_ || Closed()) return;
    now_ = now;
    switch (wait_) {
        case Wait::kHeader:
            return Refuse(
                {408, TransportEvent::kHeaderTimeout, "The header took too long to arrive."});
        case Wait::kBody:
            return Refuse({408, TransportEvent::kBodyTimeout, "The body took too long to arrive."});
        case Wait::kIdle:
            loop_.transport_stats_.Count(TransportEvent::kIdleTimeout);
            return Close();
        case Wait::kWrite:
            loop_.transport_stats_.Count(TransportEvent::kWriteTimeout);
            return Close();
        case Wait::kLinger: return Close();
        case Wait::kNothing: return;
    }
}

void Connection::CloseIfIdle() {
    if (phase_ == Phase::kReading && input_.Empty() && !writing_) {
        // Not closed outright: the read under way delivers what has arrived, and only then the end.
        boost::system::error_code ignored;
        socket_.shutdown(EventLoop::Socket::shutdown_receive, ignored);
    }
}

}  // namespace coupon::http

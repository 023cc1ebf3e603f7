#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "http/event_loop.h"
#include "http/input_buffer.h"
#include "http/request_parser.h"

namespace coupon::http {

/// One client's connection: reads requests, hands each to the handler, writes the answers in their
/// order. One request at a time is with the handler; while it is pending nothing more is read.
/// Confined to the loop's thread; owned by the loop's slot, and freed by it only when the socket is
/// closed, nothing asynchronous is under way and no answer is owed.
class Connection {
public:
    Connection(EventLoop& loop, std::uint32_t slot, EventLoop::Socket&& socket);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Begins with the first read. Call once, or RefuseForCapacity.
    void Start();
    /// Answers 503 and closes.
    void RefuseForCapacity();

    /// The answer to the open exchange.
    void Answer(Response&& response);
    /// The next piece of the streamed body.
    void TakePiece(bool ok, const std::string& piece);
    /// Acts on a time-out that has passed.
    void CheckDeadline(MonotonicTime now);
    /// Closes if nothing is in flight; bytes that have arrived are still served.
    void CloseIfIdle();
    void Close();

    /// The handler owes an answer.
    bool ExchangeOpen() const { return exchange_open_; }
    bool Closed() const { return phase_ == Phase::kClosed; }
    /// A request or an answer is on its way; cutting it would lose it.
    bool InFlight() const {
        return exchange_open_ || out_borrowed_ || phase_ == Phase::kStreaming ||
               (phase_ == Phase::kReading && !input_.Empty());
    }
    bool Streaming() const { return phase_ == Phase::kStreaming; }
    /// Takes no place among max_connections.
    bool BeyondCapacity() const { return beyond_capacity_; }

private:
    enum class Phase : std::uint8_t {
        kReading,  ///< for a request, or its rest
        kHandling,  ///< inside OnRequest
        kPending,  ///< the handler answers later
        kStreaming,  ///< pieces of a body go out
        kClosing,  ///< what is gathered is the last to be written
        kLingering,  ///< our side is shut down; what still comes is dropped
        kClosed
    };
    /// What deadline_ is for.
    enum class Wait : std::uint8_t { kNothing, kIdle, kHeader, kBody, kWrite, kLinger };

    // connection.cc: the way in
    void Read();
    void OnRead(boost::system::error_code error, std::size_t bytes);
    void Process();
    bool ProcessOne();
    void Dispatch();
    void OfferContinue();
    void Refuse(const Refusal& refusal, std::string_view extra_headers = {});
    void SetWait(Wait wait);

    // connection_output.cc: the way out
    bool Flush();
    void WaitUntilWritable();
    void Resume();
    void ResumeLater();
    void BeginStream(Response response, bool close);
    void AskForPiece();
    void Linger();
    void FinishOperation();
    void FreeIfUnused();
    std::string& Out();
    bool MustClose(const Response& response) const;

    EventLoop& loop_;
    EventLoop::Socket socket_;
    InputBuffer input_;
    RequestParser parser_;
    std::string out_;  ///< gathered answers; borrowed from the loop while there are any: see Out()
    std::size_t out_sent_ = 0;  ///< bytes of out_ that are written
    std::unique_ptr<BodyStream> stream_;
    MonotonicTime now_{};  ///< when the last event of this connection began
    MonotonicTime deadline_ = MonotonicTime::max();
    MonotonicTime received_at_{};  ///< of the open exchange
    const std::uint32_t slot_;
    std::uint32_t operations_ = 0;  ///< asynchronous ones under way that hold `this`
    Phase phase_ = Phase::kReading;
    Wait wait_ = Wait::kNothing;
    bool reading_ = false;
    bool writing_ = false;  ///< waits until the socket takes more
    bool exchange_open_ = false;
    bool continue_offered_ = false;
    bool beyond_capacity_ = false;
    bool stream_chunked_ = false;
    bool out_borrowed_ = false;
    bool freed_ = false;  ///< handed to the loop for destruction
    // Of the open exchange:
    bool head_ = false;
    bool http10_ = false;
    bool keep_alive_ = false;
};

}  // namespace coupon::http

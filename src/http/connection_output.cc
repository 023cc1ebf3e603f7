#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "common/check.h"
#include "http/connection.h"
#include "http/response_writer.h"

namespace coupon::http {

std::string& Connection::Out() {
    if (!out_borrowed_) {
        out_ = loop_.spare_buffers_.Take();
        out_borrowed_ = true;
    }
    return out_;
}

bool Connection::MustClose(const Response& response) const {
    return response.close || !keep_alive_ || loop_.Draining();
}

void Connection::Answer(Response&& response) {
    exchange_open_ = false;
    const bool pending = phase_ != Phase::kHandling;
    if (pending) {
        loop_.transport_stats_.ExchangeEnded();
        now_ = std::chrono::steady_clock::now();
    }
    if (Closed()) return FreeIfUnused();
    loop_.records_.push_back({response.route, response.status, received_at_});
    const bool close = MustClose(response);
    if (response.stream != nullptr) {
        BeginStream(std::move(response), close);
    } else {
        AppendResponse(Out(), response, head_ ? BodyFraming::kHeadOnly : BodyFraming::kLength,
                       close, loop_.date_line_.Text());
        phase_ = close ? Phase::kClosing : Phase::kReading;
    }
    if (pending && Flush()) input_.Empty() ? Resume() : ResumeLater();
}

// Writes what is gathered. False when it has to wait, or the connection is closed; then the wait's
// end goes on.
bool Connection::Flush() {
    if (writing_ || Closed()) return false;
    boost::system::error_code error;
    while (out_sent_ < out_.size()) {
        out_sent_ += socket_.write_some(
            boost::asio::const_buffer(out_.data() + out_sent_, out_.size() - out_sent_), error);
        if (error) break;
    }
    loop_.FlushRecords();
    if (error == boost::asio::error::would_block) {
        WaitUntilWritable();
        return false;
    }
    if (error) {
        loop_.transport_stats_.Count(TransportEvent::kClientGone);
        Close();
        return false;
    }
    if (out_borrowed_) {
        out_borrowed_ = false;
        loop_.spare_buffers_.Give(std::move(out_));
        out_sent_ = 0;
    }
    if (wait_ == Wait::kWrite) SetWait(Wait::kNothing);
    return true;
}

// Waits and does not hand the bytes over, so that answers may be appended to out_ meanwhile.
void Connection::WaitUntilWritable() {
    writing_ = true;
    ++operations_;
    SetWait(Wait::kWrite);
    socket_.async_wait(EventLoop::Socket::wait_write, [this](boost::system::error_code) {
        writing_ = false;
        FinishOperation();
        if (Closed()) return;
        now_ = std::chrono::steady_clock::now();
        if (Flush()) {
            // Whole requests may be left from before the wait.
            phase_ == Phase::kReading && !input_.Empty() ? Process() : Resume();
        }
    });
}

// Everything gathered is written: on with what the phase asks for.
void Connection::Resume() {
    switch (phase_) {
        case Phase::kReading:
            if (!reading_) Read();
            if (loop_.Draining()) {
                CloseIfIdle();  // it was in mid-write when the drain began
            }
            return;
        case Phase::kStreaming: return AskForPiece();
        case Phase::kClosing: return Linger();
        default: return;
    }
}

// Serves what is left in the buffer from the loop, not from inside a handler's call to Respond.
void Connection::ResumeLater() {
    ++operations_;
    boost::asio::post(loop_.io_, [this] {
        FinishOperation();
        if (!Closed()) Process();
    });
}

void Connection::BeginStream(Response response, bool close) {
    stream_chunked_ = !http10_;
    const BodyFraming framing = head_             ? BodyFraming::kHeadOnly
                                : stream_chunked_ ? BodyFraming::kChunked
                                                  : BodyFraming::kClose;
    keep_alive_ = !close;
    AppendResponse(Out(), response, framing, close, loop_.date_line_.Text());
    if (head_) {
        phase_ = close ? Phase::kClosing : Phase::kReading;
        return;
    }
    phase_ = Phase::kStreaming;
    stream_ = std::move(response.stream);
}

void Connection::AskForPiece() {
    const ExchangeId id{slot_, loop_.slots_[slot_].generation};
    // The callback may come from any thread, and after the connection or the loop has gone: it
    // holds only the mailbox.
    stream_->Next([mailbox = loop_.mailbox_, loop = &loop_, id](bool ok, std::string piece) {
        mailbox->Post([loop, id, ok, piece = std::move(piece)] { loop->TakePiece(id, ok, piece); });
    });
}

void Connection::TakePiece(bool ok, const std::string& piece) {
    now_ = std::chrono::steady_clock::now();
    if (!ok) {
        // A reset and not an end: where the end of the connection is the end of the body it must
        // not look like one.
        loop_.transport_stats_.Count(TransportEvent::kStreamFailed);
        boost::system::error_code ignored;
        socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
        return Close();
    }
    if (!piece.empty()) {
        stream_chunked_ ? AppendChunk(Out(), piece) : void(Out().append(piece));
    } else {
        if (stream_chunked_) AppendLastChunk(Out());
        stream_.reset();
        phase_ = keep_alive_ && !loop_.Draining() ? Phase::kReading : Phase::kClosing;
    }
    if (Flush()) phase_ == Phase::kReading && !input_.Empty() ? ResumeLater() : Resume();
}

// Closing with unread input makes the kernel send a reset, which destroys answers the client has
// not read yet. So: our end first, then drop what comes until the client's end or the time-out.
void Connection::Linger() {
    boost::system::error_code error;
    socket_.shutdown(EventLoop::Socket::shutdown_send, error);
    if (error) return Close();
    phase_ = Phase::kLingering;
    SetWait(Wait::kLinger);
    if (!reading_) {
        input_.Release();
        Read();
    }
}

void Connection::Close() {
    if (Closed()) return;
    phase_ = Phase::kClosed;
    boost::system::error_code ignored;
    socket_.close(ignored);
    stream_.reset();
    if (!reading_) input_.Release();
    std::string().swap(out_);  // an assignment would keep the room
    loop_.OnClosed(*this);
    FreeIfUnused();
}

void Connection::FinishOperation() {
    CHECK(operations_ != 0);
    --operations_;
    FreeIfUnused();
}

void Connection::FreeIfUnused() {
    if (Closed() && operations_ == 0 && !exchange_open_ && !freed_) {
        freed_ = true;
        loop_.Release(slot_);
    }
}

}  // namespace coupon::http

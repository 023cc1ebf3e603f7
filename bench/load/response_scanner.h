#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coupon::load {

/// One answer of a server, as far as a load generator looks.
struct ScannedResponse {
    int status = 0;
    bool close = false;         ///< the server will close the connection
    std::int64_t sequence = 0;  ///< the body's "sequence", if it was asked for and is there; else 0
};

/// Finds the end of one answer after another in a stream of bytes: the status line, Content-Length,
/// Connection: close. No chunked bodies (the claims' answers have none): those are malformed here.
/// An answer that comes in one piece is looked at where it lies; what is split is gathered first.
/// One thread.
class ResponseScanner {
public:
    enum class State { kNeedsMore, kComplete, kMalformed };
    struct Step {
        State state;
        std::size_t consumed;  ///< bytes that belong to the answer; the rest is the next one's
    };

    /// An answer larger than this is malformed.
    static constexpr std::size_t kAnswerBytesMax = 1024 * 1024;

    explicit ResponseScanner(bool wants_sequence = false) : wants_sequence_(wants_sequence) {}

    /// Looks at the next bytes of the connection. After kComplete `Response()` stands until the
    /// next call, which begins the next answer. After kMalformed only Reset() helps.
    Step Feed(std::string_view bytes);
    const ScannedResponse& Response() const { return response_; }
    /// Whether an answer has begun and is not complete.
    bool InTheMiddle() const { return !gathered_.empty(); }
    /// For a new connection.
    void Reset() { gathered_.clear(); }

private:
    State Scan(std::string_view bytes, std::size_t& size);

    std::string gathered_;
    ScannedResponse response_;
    bool wants_sequence_;
};

}  // namespace coupon::load

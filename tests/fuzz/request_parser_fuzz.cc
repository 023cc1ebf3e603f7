// A connection's bytes through http::RequestParser: however they arrive, the requests read are the
// same; what is taken, a naive reader takes too, and sees the same in it.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "common/check.h"
#include "common/limits.h"
#include "http/request_parser.h"
#include "http/server_options.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/naive_request.h"

namespace coupon::fuzz {
namespace {

using http::Request;
using http::RequestParser;
using Progress = RequestParser::Progress;

constexpr std::size_t kByteByByteMax = 1024;
constexpr std::size_t kRequestsMax = 8;

/// One request as it was read, in memory of its own.
struct Seen {
    Progress progress = Progress::kIncomplete;
    int status = 0;
    std::size_t bytes = 0;
    bool keep_alive = false;
    bool http10 = false;
    bool expects_continue = false;
    http::Method method = http::Method::kOther;
    std::string path, query, body, content_type, authorization;

    bool operator==(const Seen&) const = default;
};

Seen See(RequestParser& parser, Progress progress) {
    Seen seen;
    seen.progress = progress;
    if (progress == Progress::kRefused) {
        seen.status = parser.Refused().status;
        CHECK(seen.status >= 400 && seen.status <= 599);
        CHECK(!parser.Refused().detail.empty());
    }
    if (progress != Progress::kComplete) return seen;
    const Request& request = parser.Parsed();
    seen.bytes = parser.MessageBytes();
    seen.keep_alive = parser.KeepAlive();
    seen.http10 = parser.IsHttp10();
    seen.expects_continue = parser.ExpectsContinue();
    seen.method = request.method;
    seen.path = request.path;
    seen.query = request.query;
    seen.body = request.body;
    seen.content_type = request.content_type;
    seen.authorization = request.authorization;
    return seen;
}

/// Feeds `input` in pieces of the sizes that `next_size` gives. Each call sees memory of its own
/// that ends with the last byte, as when a connection's buffer grew, so that an address sanitizer
/// sees every read beyond it.
template <class NextSize>
Seen Deliver(std::string_view input, NextSize next_size) {
    RequestParser parser(&http::DefaultBodyLimit);
    for (std::size_t size = 0; size < input.size();) {
        size = std::min(input.size(), size + next_size());
        const auto moved = std::make_unique<char[]>(size);
        std::copy_n(input.data(), size, moved.get());
        const Progress progress = parser.Advance({moved.get(), size});
        if (progress != Progress::kIncomplete || size == input.size()) return See(parser, progress);
    }
    return {};
}

/// A limit refuses as soon as it is crossed: bytes that come all at once may be refused for
/// something that stands further back, or still wait for their end.
bool CrossesALineLimit(std::string_view input) {
    const std::size_t start = input.starts_with("\r\n") ? 2 : 0;
    return std::min(input.find('\n', start), input.size()) - start > limits::kTargetBytesMax ||
           std::min(input.find("\r\n\r\n", start), input.size()) > limits::kHeaderBytesMax / 2;
}

void Compare(const Seen& whole, const Seen& pieces, std::string_view input) {
    if (whole == pieces) return;
    const bool both_refuse_or_wait =
        whole.progress != Progress::kComplete && pieces.progress == Progress::kRefused;
    if (both_refuse_or_wait && CrossesALineLimit(input)) return;
    std::fprintf(stderr, "at once: progress %d, status %d; in pieces: progress %d, status %d\n",
                 static_cast<int>(whole.progress), whole.status, static_cast<int>(pieces.progress),
                 pieces.status);
    CHECK(whole == pieces);
}

/// What was taken must be what a naive reader takes.
void HoldAgainstNaiveReader(const Seen& seen, std::string_view input) {
    std::string why;
    const auto naive = ReadNaively(input, why);
    if (!naive) std::fprintf(stderr, "taken, but a naive reader refuses it: %s\n", why.c_str());
    CHECK(naive);
    CHECK(seen.bytes == naive->bytes);
    CHECK(seen.http10 == naive->http10);
    CHECK(seen.path == naive->path);
    CHECK(seen.query == naive->query);
    CHECK(seen.body == naive->body);
    CHECK(seen.authorization == naive->authorization);
    CHECK(seen.content_type == naive->content_type);
    CHECK((seen.method == http::Method::kPost) == (naive->method == "POST"));
    CHECK((seen.method == http::Method::kGet) == (naive->method == "GET"));
    CHECK(!seen.http10 || (!seen.keep_alive && !seen.expects_continue));
}

}  // namespace
}  // namespace coupon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace coupon::fuzz;
    std::string_view rest = TextOf(data, size);
    SeededNumbers numbers(rest);
    for (std::size_t requests = 0; requests < kRequestsMax && !rest.empty(); ++requests) {
        const Seen whole = Deliver(rest, [&] { return rest.size(); });
        const std::size_t piece_max = 1 + numbers.Below(rest.size());
        Compare(whole, Deliver(rest, [&] { return 1 + numbers.Below(piece_max); }), rest);
        if (rest.size() <= kByteByByteMax) {
            Compare(whole, Deliver(rest, [] { return std::size_t{1}; }), rest);
        }
        if (whole.progress != Progress::kComplete) break;
        HoldAgainstNaiveReader(whole, rest);
        rest.remove_prefix(whole.bytes);
    }
    return 0;
}

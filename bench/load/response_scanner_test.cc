#include "load/response_scanner.h"

#include <gtest/gtest.h>

#include <string>

namespace coupon::load {
namespace {

using State = ResponseScanner::State;

const std::string kCreated =
    "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 32\r\n"
    "Date: Mon, 23 Nov 2026 10:00:00 GMT\r\n\r\n{\"couponId\":1,\"sequence\":123456}";
const std::string kGone = "HTTP/1.1 410 Gone\r\ncontent-length:2\r\nConnection: close\r\n\r\n{}";

TEST(ResponseScanner, ReadsStatusSequenceAndClose) {
    ResponseScanner scanner(true);
    const auto step = scanner.Feed(kCreated);
    ASSERT_EQ(step.state, State::kComplete);
    EXPECT_EQ(step.consumed, kCreated.size());
    EXPECT_EQ(scanner.Response().status, 201);
    EXPECT_EQ(scanner.Response().sequence, 123456);
    EXPECT_FALSE(scanner.Response().close);
    ASSERT_EQ(scanner.Feed(kGone).state, State::kComplete);
    EXPECT_EQ(scanner.Response().status, 410);
    EXPECT_EQ(scanner.Response().sequence, 0);
    EXPECT_TRUE(scanner.Response().close);
}

TEST(ResponseScanner, ReadsAnAnswerSplitAnywhere) {
    for (std::size_t cut = 1; cut < kCreated.size(); ++cut) {
        ResponseScanner scanner(true);
        ASSERT_EQ(scanner.Feed(kCreated.substr(0, cut)).state, State::kNeedsMore) << cut;
        EXPECT_TRUE(scanner.InTheMiddle());
        const auto step = scanner.Feed(kCreated.substr(cut));
        ASSERT_EQ(step.state, State::kComplete) << cut;
        EXPECT_EQ(step.consumed, kCreated.size() - cut);
        EXPECT_EQ(scanner.Response().sequence, 123456);
        EXPECT_FALSE(scanner.InTheMiddle());
    }
}

TEST(ResponseScanner, ReadsAnAnswerByteByByte) {
    ResponseScanner scanner;
    for (std::size_t at = 0; at + 1 < kCreated.size(); ++at) {
        ASSERT_EQ(scanner.Feed(kCreated.substr(at, 1)).state, State::kNeedsMore);
    }
    EXPECT_EQ(scanner.Feed(kCreated.substr(kCreated.size() - 1)).state, State::kComplete);
}

TEST(ResponseScanner, LeavesWhatBelongsToTheNextAnswer) {
    const std::string both = kCreated + kGone;
    for (std::size_t cut = 1; cut < both.size(); ++cut) {
        ResponseScanner scanner;
        std::string seen;
        for (std::string_view rest :
             {std::string_view(both).substr(0, cut), std::string_view(both).substr(cut)}) {
            while (!rest.empty()) {
                const auto step = scanner.Feed(rest);
                ASSERT_NE(step.state, State::kMalformed) << cut;
                rest.remove_prefix(step.consumed);
                if (step.state == State::kComplete) {
                    seen += std::to_string(scanner.Response().status) + " ";
                }
            }
        }
        ASSERT_EQ(seen, "201 410 ") << cut;
    }
}

TEST(ResponseScanner, TakesNoBodyWhereThereIsNone) {
    ResponseScanner scanner;
    EXPECT_EQ(scanner.Feed("HTTP/1.1 204 No Content\r\n\r\n").state, State::kComplete);
    EXPECT_EQ(scanner.Response().status, 204);
}

TEST(ResponseScanner, RefusesWhatItCannotFrame) {
    for (const char* bytes :
         {"nonsense", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
          "HTTP/1.1 abc\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"}) {
        ResponseScanner scanner;
        EXPECT_EQ(scanner.Feed(bytes).state, State::kMalformed) << bytes;
    }
    ResponseScanner scanner;
    EXPECT_EQ(
        scanner.Feed("HTTP/1.1 200 OK\r\nX: " + std::string(ResponseScanner::kAnswerBytesMax, 'x'))
            .state,
        State::kMalformed);
}

}  // namespace
}  // namespace coupon::load

#include "http/response_writer.h"

#include <gtest/gtest.h>

#include <chrono>

#include "http/request_stats.h"

namespace coupon::http {
namespace {

constexpr std::string_view kDate = "Date: Mon, 23 Nov 2026 11:00:00 GMT\r\n";

std::string Written(const Response& response, BodyFraming framing = BodyFraming::kLength,
                    bool close = false) {
    std::string out;
    AppendResponse(out, response, framing, close, kDate);
    return out;
}

TEST(ResponseWriter, WritesLengthDateAndNoStore) {
    Response response;
    response.status = 201;
    response.content_type = "application/json";
    response.body = "{}";
    EXPECT_EQ(Written(response),
              "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
              "Date: Mon, 23 Nov 2026 11:00:00 GMT\r\nCache-Control: no-store\r\n\r\n{}");
}

TEST(ResponseWriter, WritesAnEmptyBodyWithItsLength) {
    EXPECT_EQ(Written(Response{}), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + std::string(kDate) +
                                       "Cache-Control: no-store\r\n\r\n");
}

TEST(ResponseWriter, WritesExtraHeadersAndClose) {
    Response response;
    response.status = 503;
    response.extra_headers = "Retry-After: 1\r\n";
    EXPECT_EQ(Written(response, BodyFraming::kLength, true),
              "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n" + std::string(kDate) +
                  "Cache-Control: no-store\r\nRetry-After: 1\r\nConnection: close\r\n\r\n");
}

TEST(ResponseWriter, LetsTheHandlerChooseCaching) {
    Response response;
    response.extra_headers = "Cache-Control: max-age=60\r\n";
    EXPECT_EQ(Written(response).find("no-store"), std::string::npos);
}

TEST(ResponseWriter, GivesHeadTheLengthAndNoBody) {
    Response response;
    response.body = "12345";
    const std::string out = Written(response, BodyFraming::kHeadOnly);
    EXPECT_NE(out.find("Content-Length: 5\r\n"), std::string::npos);
    EXPECT_TRUE(out.ends_with("\r\n\r\n"));
}

TEST(ResponseWriter, GivesNoContentNeitherLengthNorBody) {
    for (const int status : {204, 304}) {
        Response response;
        response.status = status;
        response.body = "x";
        const std::string out = Written(response);
        EXPECT_EQ(out.find("Content-Length"), std::string::npos);
        EXPECT_TRUE(out.ends_with("\r\n\r\n"));
    }
}

TEST(ResponseWriter, WritesChunks) {
    std::string out;
    AppendChunk(out, std::string(26, 'a'));
    AppendLastChunk(out);
    EXPECT_EQ(out, "1a\r\n" + std::string(26, 'a') + "\r\n0\r\n\r\n");
    EXPECT_NE(Written(Response{}, BodyFraming::kChunked).find("Transfer-Encoding: chunked\r\n"),
              std::string::npos);
    EXPECT_EQ(Written(Response{}, BodyFraming::kChunked).find("Content-Length"), std::string::npos);
}

TEST(DateLine, IsAnImfFixdate) {
    DateLine line;
    line.Update(std::chrono::sys_seconds{std::chrono::seconds{784111777}});
    EXPECT_EQ(line.Text(), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    line.Update(std::chrono::sys_seconds{std::chrono::seconds{784111778}});
    EXPECT_EQ(line.Text(), "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
}

TEST(RequestStats, CountsByRouteStatusAndBucket) {
    RequestStats first(2);
    RequestStats second(2);
    first.Record(1, 201, std::chrono::microseconds(50));
    first.Record(1, 201, std::chrono::microseconds(51));
    second.Record(1, 201, std::chrono::seconds(11));
    second.Record(7, 200, std::chrono::nanoseconds(-5));
    const RequestStats* loops[] = {&first, &second};
    const auto rows = SumRequestStats(loops);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].route, 0) << "a route beyond the table";
    EXPECT_EQ(rows[0].status, 200);
    EXPECT_EQ(rows[1].route, 1);
    EXPECT_EQ(rows[1].status, 201);
    EXPECT_EQ(rows[1].count, 3u);
    EXPECT_EQ(rows[1].buckets[0], 1u);
    EXPECT_EQ(rows[1].buckets[1], 1u);
    EXPECT_EQ(rows[1].buckets[kLatencyBuckets - 1], 1u);
    EXPECT_EQ(rows[1].nanoseconds_sum, 11'000'101'000u);
}

TEST(RequestStats, CountsUnknownStatusesWithTheirClass) {
    EXPECT_EQ(StatusSlots()[StatusSlotOf(201)], 201);
    EXPECT_EQ(StatusSlots()[StatusSlotOf(226)], 299);
    EXPECT_EQ(StatusSlots()[StatusSlotOf(308)], 399);
    EXPECT_EQ(StatusSlots()[StatusSlotOf(418)], 499);
    EXPECT_EQ(StatusSlots()[StatusSlotOf(511)], 599);
    EXPECT_EQ(StatusSlots()[StatusSlotOf(-1)], 599);
    EXPECT_EQ(StatusSlots()[StatusSlotOf(1000)], 599);
    EXPECT_EQ(StatusSlots()[StatusSlotOf(0)], 599);
}

}  // namespace
}  // namespace coupon::http

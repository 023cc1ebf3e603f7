#include "http/server_test_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace coupon::http {
namespace {

using namespace std::chrono_literals;

class ServerStreamTest : public ServerTest {};

TEST_F(ServerStreamTest, StreamsInChunksAndServesTheNextRequest) {
    Start();
    TestClient client = Connect();
    client.Send(Get("/stream") + Get("/close"));
    const std::string all = client.ReadToEnd();
    EXPECT_NE(all.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_NE(all.find("\r\n\r\n5\r\nxxxxx\r\n5\r\nxxxxx\r\n5\r\nxxxxx\r\n0\r\n\r\nHTTP/1.1 200"),
              std::string::npos);
    EXPECT_TRUE(all.ends_with("/close|"));
}

TEST_F(ServerStreamTest, StreamsToHttp10UntilTheEndOfTheConnection) {
    Start();
    TestClient client = Connect();
    client.Send("GET /stream HTTP/1.0\r\n\r\n");
    const std::string all = client.ReadToEnd();
    EXPECT_EQ(all.find("chunked"), std::string::npos);
    EXPECT_TRUE(all.ends_with("\r\n\r\nxxxxxxxxxxxxxxx"));
}

TEST_F(ServerStreamTest, GivesHeadOfAStreamNoBody) {
    Start();
    TestClient client = Connect();
    client.Send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" + Get("/x"));
    EXPECT_EQ(client.ReadAnswer(true).status, 200);
    EXPECT_EQ(client.ReadAnswer().body, "/x|");
    EXPECT_EQ(shared_.asked.load(), 0u);
}

TEST_F(ServerStreamTest, CutsTheConnectionWhenAStreamFails) {
    Start();
    for (const std::string version : {"1.1", "1.0"}) {
        TestClient client = Connect();
        client.Send("GET /stream-fails HTTP/" + version + "\r\nHost: a\r\n\r\n");
        const std::string all = client.ReadToEnd();
        EXPECT_EQ(all.find("0\r\n\r\n"), std::string::npos);
        EXPECT_TRUE(client.WasReset()) << "must not look like the end of the list";
    }
    EXPECT_EQ(Events(TransportEvent::kStreamFailed), 2u);
}

TEST_F(ServerStreamTest, AsksForThePieceOnlyWhenTheFormerIsWritten) {
    Start();
    TestClient client(server_->Port(), 4096);
    client.Send(Get("/stream-large", "Connection: close\r\n"));
    ASSERT_TRUE(client.ReadMore());
    EXPECT_LT(shared_.asked.load(), 500u)
        << "64 MB cannot be on their way to a client that reads nothing";
    EXPECT_GT(client.ReadToEnd().size(), 60u * 1024 * 1024);
    EXPECT_EQ(shared_.asked.load(), 1001u);
}

}  // namespace
}  // namespace coupon::http

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "apps/ctl/test_run.h"
#include "apps/ctl/test_server.h"
#include "ledger/file_lock.h"
#include "ledger/sqlite_ledger.h"
#include "tests/support/temporary_folder.h"

namespace coupon::ctl {
namespace {

namespace fs = std::filesystem;

class StoreCommands : public testing::Test {
protected:
    std::string Path(const std::string& name) const { return (folder_ / name).string(); }
    static std::string Read(const std::string& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    static void Write(const std::string& path, const std::string& text) {
        std::ofstream(path) << text;
    }
    std::size_t Entries() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
    }
    Finished Export(const TestServer& server, const std::string& output) {
        return Couponctl({"--url", server.Url(), "export", "7", "--output", output});
    }
    void MakeStore(const std::string& name) {
        ASSERT_TRUE(ledger::SqliteLedger::Open({.data_dir = folder_ / name, .vfs = {}}));
    }

    const support::TemporaryFolder temporary_;
    const fs::path folder_ = temporary_.Path();
};

constexpr const char* kWholeList =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nsequence\n\r\n2\r\n1\n\r\n0\r\n\r\n";
constexpr const char* kCutList =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nsequence\n\r\n";

TEST_F(StoreCommands, ExportWritesTheWholeListUnderItsName) {
    TestServer server({{kWholeList}});
    Write(Path("list.csv"), "an older list");
    const Finished run = Export(server, Path("list.csv"));
    EXPECT_EQ(run.code, 0) << run.error;
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(Read(Path("list.csv")), "sequence\n1\n");
    EXPECT_EQ(Entries(), 1U);
    EXPECT_TRUE(server.Requests().at(0).starts_with("GET /v1/coupons/7/issuances?format=csv "));
}

TEST_F(StoreCommands, ExportThatIsCutLeavesNoFileAndTheOlderOneAsItWas) {
    TestServer server({{kCutList}});
    const Finished run = Export(server, Path("list.csv"));
    EXPECT_EQ(run.code, 69);
    EXPECT_NE(run.error.find("was not written"), std::string::npos) << run.error;
    EXPECT_EQ(Entries(), 0U);
    Write(Path("list.csv"), "an older list");
    EXPECT_EQ(Export(server, Path("list.csv")).code, 69);
    EXPECT_EQ(Read(Path("list.csv")), "an older list");
    EXPECT_EQ(Entries(), 1U);
}

TEST_F(StoreCommands, ExportThatIsRefusedLeavesNoFile) {
    TestServer server({ProblemReply(404, "unknown_coupon")});
    EXPECT_EQ(Export(server, Path("list.csv")).code, 64);
    EXPECT_EQ(Entries(), 0U);
}

TEST_F(StoreCommands, ExportToWhereNothingCanBeWrittenSaysSoBeforeItAsks) {
    TestServer server({{kWholeList}});
    EXPECT_EQ(Export(server, Path("missing/list.csv")).code, 73);
    EXPECT_EQ(Export(server, folder_.string()).code, 73);
    // Something else than a file; in this folder, as a broken guard would replace it by a file.
    ASSERT_EQ(::mkfifo(Path("fifo").c_str(), 0600), 0);
    EXPECT_EQ(Export(server, Path("fifo")).code, 73);
    EXPECT_TRUE(fs::is_fifo(Path("fifo")));
    EXPECT_TRUE(server.Requests().empty());
}

TEST_F(StoreCommands, ExportReplacesTheFileBehindALinkAndKeepsTheLink) {
    TestServer server({{kWholeList}});
    Write(Path("real.csv"), "an older list");
    fs::create_symlink(Path("real.csv"), Path("link.csv"));
    EXPECT_EQ(Export(server, Path("link.csv")).code, 0);
    EXPECT_TRUE(fs::is_symlink(Path("link.csv")));
    EXPECT_EQ(Read(Path("real.csv")), "sequence\n1\n");
}

TEST_F(StoreCommands, ExportToStdoutSaysWhenTheListIsNotComplete) {
    TestServer whole({{kWholeList}});
    const Finished done = Couponctl({"--url", whole.Url(), "export", "7", "--format", "ndjson"});
    EXPECT_EQ(done.code, 0);
    EXPECT_EQ(done.out, "sequence\n1\n");
    TestServer cut({{kCutList}});
    const Finished broken = Couponctl({"--url", cut.Url(), "export", "7"});
    EXPECT_EQ(broken.code, 69);
    EXPECT_NE(broken.error.find("not complete"), std::string::npos);
}

TEST_F(StoreCommands, TokenGoesIntoTheHeaderAndNowhereElse) {
    const std::string token = "0123456789abcdef0123456789abcdef";
    TestServer server({ProblemReply(401, "unauthorized")});
    Write(Path("token"), token + "\n");
    ::chmod(Path("token").c_str(), 0600);
    const Finished run =
        Couponctl({"--url", server.Url(), "--token-file", Path("token"), "backup"});
    EXPECT_EQ(run.code, 78);
    EXPECT_NE(server.Requests().at(0).find("Authorization: Bearer " + token + "\r\n"),
              std::string::npos);
    EXPECT_EQ((run.out + run.error).find(token), std::string::npos);
}

TEST_F(StoreCommands, TokenFileThatOthersCanReadOrThatIsNotThereIsConfiguration) {
    Write(Path("token"), "0123456789abcdef0123456789abcdef\n");
    ::chmod(Path("token").c_str(), 0644);
    for (const std::string& name : {Path("token"), Path("none")}) {
        const Finished run = Couponctl({"--token-file", name, "list"});
        EXPECT_EQ(run.code, 78) << run.error;
        EXPECT_NE(run.error.find("--token-file"), std::string::npos);
    }
}

TEST_F(StoreCommands, AuditReadsAStoppedStore) {
    MakeStore("data");
    const Finished run = Couponctl({"audit", "--data", Path("data")});
    EXPECT_EQ(run.code, 0) << run.error;
    EXPECT_NE(run.out.find("0 coupons, 0 issuances, 0 redemptions: every promise holds"),
              std::string::npos)
        << run.out;
    EXPECT_EQ(Couponctl({"audit", "--data", Path("data/coupon.db")}).code, 0);
}

TEST_F(StoreCommands, AuditLeavesAStoreInUseAlone) {
    MakeStore("data");
    const auto lock = ledger::FileLock::Acquire(folder_ / "data");
    ASSERT_TRUE(lock);
    fs::create_symlink(Path("data/coupon.db"), Path("alias.db"));
    for (const std::string& path : {Path("data"), Path("data/coupon.db"), Path("alias.db")}) {
        const Finished run = Couponctl({"audit", "--data", path});
        EXPECT_EQ(run.code, 69) << path;
        EXPECT_EQ(run.out, "");
        EXPECT_NE(run.error.find("leave --data out"), std::string::npos) << run.error;
    }
}

TEST_F(StoreCommands, AuditReadsABackupBesideAStoreInUse) {
    MakeStore("data");
    fs::copy_file(Path("data/coupon.db"), Path("data/copy.db"));
    const auto lock = ledger::FileLock::Acquire(folder_ / "data");
    const Finished run = Couponctl({"audit", "--data", Path("data/copy.db")});
    EXPECT_EQ(run.code, 0) << run.error;
}

TEST_F(StoreCommands, AuditOfNothingOrOfGarbageIsNoPass) {
    EXPECT_EQ(Couponctl({"audit", "--data", Path("none")}).code, 64);
    EXPECT_EQ(Couponctl({"audit", "--data", folder_.string()}).code, 64);
    Write(Path("garbage.db"), std::string(8192, 'x'));
    EXPECT_EQ(Couponctl({"audit", "--data", Path("garbage.db")}).code, 65);
}

}  // namespace
}  // namespace coupon::ctl

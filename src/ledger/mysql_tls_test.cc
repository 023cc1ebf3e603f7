#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ledger/mysql_connection.h"
#include "ledger/mysql_test_database.h"
#include "tests/support/certificate.h"
#include "tests/support/mariadb_server.h"
#include "tests/support/temporary_folder.h"

namespace coupon::ledger {
namespace {

using ::testing::HasSubstr;

/// A database whose certificate names 127.0.0.1, signed by itself.
class MysqlOverTls : public ::testing::Test {
protected:
    MysqlOverTls() {
        support::MakeCertificate(folder_.Path(), "mysql-test");
        server_ = std::make_unique<support::MariadbServer>(std::vector<std::string>{
            "--ssl-cert=" + File("certificate.pem"), "--ssl-key=" + File("key.pem")});
    }
    std::string File(const std::string& name) const { return (folder_.Path() / name).string(); }
    MysqlOptions With(MysqlTls tls, const std::string& ca_file = {}) const {
        MysqlOptions options = server_->Options("mysql");
        options.tls = tls;
        options.ca_file = ca_file;
        return options;
    }
    /// Empty: in the clear.
    static std::string CipherOf(const MysqlOptions& options) {
        auto connection = MysqlConnection::Open(options);
        if (!connection) return "error: " + Describe(connection.error());
        const auto row = Must(connection->QueryRow("SHOW SESSION STATUS LIKE 'Ssl_cipher'"));
        return row->at(1).value_or("");
    }

    support::TemporaryFolder folder_;
    std::unique_ptr<support::MariadbServer> server_;
};

TEST_F(MysqlOverTls, IsEncryptedWhereThatIsAskedFor) {
    EXPECT_EQ(CipherOf(With(MysqlTls::kDisabled)), "");
    EXPECT_THAT(CipherOf(With(MysqlTls::kRequired)), HasSubstr("AES"));
    EXPECT_THAT(CipherOf(With(MysqlTls::kVerifyIdentity, File("certificate.pem"))),
                HasSubstr("AES"));
}

TEST_F(MysqlOverTls, TrustsNobodyWhomItCannotVerify) {
    EXPECT_THAT(CipherOf(With(MysqlTls::kVerifyIdentity)), HasSubstr("error: "))
        << "none of the system's authorities signed it";
    MysqlOptions other_name = With(MysqlTls::kVerifyIdentity, File("certificate.pem"));
    other_name.host = "localhost";
    EXPECT_THAT(CipherOf(other_name), HasSubstr("error: "));
    EXPECT_THAT(CipherOf(With(MysqlTls::kVerifyIdentity, File("absent.pem"))),
                HasSubstr("error: "));
}

TEST_F(MysqlOverTls, GoesNotOnInTheClearWhereTheServerHasNone) {
    server_->Kill();
    server_->SetArguments({"--skip-ssl"});
    server_->Start();
    EXPECT_EQ(CipherOf(With(MysqlTls::kDisabled)), "");
    EXPECT_THAT(CipherOf(With(MysqlTls::kRequired)), HasSubstr("TLS"));
    EXPECT_THAT(CipherOf(With(MysqlTls::kVerifyIdentity)), HasSubstr("error: "));
}

}  // namespace
}  // namespace coupon::ledger

#include "tests/support/mariadb_server.h"

#include <mariadb/mysql.h>

#include <chrono>
#include <utility>

#include "common/check.h"

namespace coupon::support {
namespace {

constexpr std::chrono::seconds kPatience{30};

/// Small: a test program has little data, and a start should be quick.
const std::vector<std::string> kSizes = {"--innodb-buffer-pool-size=32M",
                                         "--innodb-log-file-size=16M", "--key-buffer-size=1M"};

/// The server's own tables, root without a password among them.
void Install(const std::filesystem::path& folder) {
    std::vector<std::string> arguments = {"mariadb-install-db",
                                          "--no-defaults",
                                          "--datadir=" + (folder / "data").string(),
                                          "--auth-root-authentication-method=normal",
                                          "--skip-test-db",
                                          "--skip-name-resolve",
                                          "--cross-bootstrap",
                                          "--user=root"};
    arguments.insert(arguments.end(), kSizes.begin(), kSizes.end());
    ServerProcess installer(kPatience);
    (void)installer.Start(arguments, {});
    CHECK(installer.WaitForEnd() == 0);
}

}  // namespace

MariadbServer::MariadbServer(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)), process_(kPatience) {
    Install(Folder());
    port_ = StartOnFreePort([this](std::uint16_t port) { return StartOn(port); });
}

MariadbServer& MariadbServer::Shared() {
    static MariadbServer server;
    if (!server.Running()) {
        server.SetArguments({});
        server.Start();
    }
    return server;
}

ledger::MysqlOptions MariadbServer::Options(std::string database) const {
    ledger::MysqlOptions options;
    options.port = port_;
    options.database = std::move(database);
    return options;
}

ledger::MysqlOptions MariadbServer::NewDatabase() {
    const std::string name = "coupon_" + std::to_string(++databases_);
    CHECK(Sql("CREATE DATABASE " + name).empty());
    return Options(name);
}

void MariadbServer::Start() { CHECK(StartOn(port_)); }

bool MariadbServer::StartOn(std::uint16_t port) {
    // mariadbd does not run as root unless it is told to.
    std::vector<std::string> words = {"mariadbd",
                                      "--no-defaults",
                                      "--user=root",
                                      "--bind-address=127.0.0.1",
                                      "--port=" + std::to_string(port),
                                      "--datadir=" + (Folder() / "data").string(),
                                      "--socket=" + (Folder() / "socket").string(),
                                      "--pid-file=" + (Folder() / "pid").string(),
                                      "--tmpdir=" + Folder().string(),
                                      "--skip-name-resolve",
                                      "--log-warnings=1"};
    words.insert(words.end(), kSizes.begin(), kSizes.end());
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    return process_.Start(words, "ready for connections");
}

std::string MariadbServer::Sql(std::string_view statement, const std::string& database) const {
    const std::unique_ptr<MYSQL, decltype(&mysql_close)> connection(mysql_init(nullptr),
                                                                    &mysql_close);
    const auto patience = static_cast<unsigned>(kPatience.count());
    mysql_optionsv(connection.get(), MYSQL_OPT_READ_TIMEOUT, &patience);
    mysql_optionsv(connection.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
    const auto failure = [&] {
        return "-" + std::to_string(mysql_errno(connection.get())) + " " +
               mysql_error(connection.get());
    };
    if (mysql_real_connect(connection.get(), "127.0.0.1", "root", "",
                           database.empty() ? nullptr : database.c_str(), port_, nullptr,
                           0) == nullptr ||
        mysql_real_query(connection.get(), statement.data(), statement.size()) != 0) {
        return failure();
    }
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> rows(
        mysql_store_result(connection.get()), &mysql_free_result);
    if (rows == nullptr) return mysql_errno(connection.get()) == 0 ? "" : failure();
    std::string text;
    while (MYSQL_ROW row = mysql_fetch_row(rows.get())) {
        const unsigned long* const sizes = mysql_fetch_lengths(rows.get());
        for (unsigned i = 0; i < mysql_num_fields(rows.get()); ++i) {
            if (i > 0) text += '|';
            text += row[i] == nullptr ? "NULL" : std::string(row[i], sizes[i]);
        }
        text += '\n';
    }
    return text;
}

}  // namespace coupon::support

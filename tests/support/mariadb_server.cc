#include "tests/support/mariadb_server.h"

#include <fcntl.h>
#include <mariadb/mysql.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "common/check.h"
#include "tests/support/free_port.h"

namespace coupon::support {
namespace {

constexpr int kPatienceSeconds = 30;
constexpr int kPortsTried = 5;

/// Small: a test program has little data, and a start should be quick.
const std::vector<std::string> kSizes = {"--innodb-buffer-pool-size=32M",
                                         "--innodb-log-file-size=16M", "--key-buffer-size=1M"};

[[noreturn]] void Become(const std::vector<std::string>& arguments, int output) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    std::vector<char*> texts;
    for (const std::string& argument : arguments) {
        texts.push_back(const_cast<char*>(argument.c_str()));
    }
    texts.push_back(nullptr);
    ::execvp(texts[0], texts.data());
    ::_exit(127);
}

struct Child {
    pid_t pid;
    int output;
};

Child Spawn(const std::vector<std::string>& arguments) {
    int ends[2];
    CHECK(::pipe2(ends, O_CLOEXEC) == 0);
    // What nobody reads any more must not stop the writer: it loses lines.
    CHECK(::fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    const pid_t pid = ::fork();
    CHECK(pid >= 0);
    if (pid == 0) Become(arguments, ends[1]);
    ::close(ends[1]);
    return {pid, ends[0]};
}

/// Reads `output` until `text` was in it; false at its end. Nothing is in it: reads to the end.
bool WaitFor(int output, std::string_view text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(kPatienceSeconds);
    std::string read;
    while (text.empty() || read.find(text) == std::string::npos) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd wait{output, POLLIN, 0};
        CHECK(left.count() > 0 && ::poll(&wait, 1, static_cast<int>(left.count())) > 0);
        char chunk[4096];
        const ssize_t bytes = ::read(output, chunk, sizeof chunk);
        if (bytes <= 0) return false;
        read.append(chunk, static_cast<std::size_t>(bytes));
    }
    return true;
}

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
    const Child child = Spawn(arguments);
    (void)WaitFor(child.output, {});
    ::close(child.output);
    int status = 0;
    CHECK(::waitpid(child.pid, &status, 0) == child.pid && status == 0);
}

}  // namespace

MariadbServer::MariadbServer(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)) {
    Install(Folder());
    bool started = false;
    for (int i = 0; i < kPortsTried && !started; ++i) {  // somebody else may take the port first
        port_ = FreePort();
        started = StartOnce();
    }
    CHECK(started);
}

MariadbServer::~MariadbServer() { Kill(); }

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

void MariadbServer::Start() { CHECK(StartOnce()); }

bool MariadbServer::StartOnce() {
    Kill();
    // mariadbd does not run as root unless it is told to.
    std::vector<std::string> all = {"mariadbd",
                                    "--no-defaults",
                                    "--user=root",
                                    "--bind-address=127.0.0.1",
                                    "--port=" + std::to_string(port_),
                                    "--datadir=" + (Folder() / "data").string(),
                                    "--socket=" + (Folder() / "socket").string(),
                                    "--pid-file=" + (Folder() / "pid").string(),
                                    "--tmpdir=" + Folder().string(),
                                    "--skip-name-resolve",
                                    "--log-warnings=1"};
    all.insert(all.end(), kSizes.begin(), kSizes.end());
    all.insert(all.end(), arguments_.begin(), arguments_.end());
    const Child child = Spawn(all);
    pid_ = child.pid;
    log_ = child.output;
    return WaitFor(log_, "ready for connections");
}

void MariadbServer::Kill() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    if (log_ >= 0) ::close(std::exchange(log_, -1));
}

void MariadbServer::Pause() {
    int status = 0;
    CHECK(::kill(pid_, SIGSTOP) == 0 && ::waitpid(pid_, &status, WUNTRACED) == pid_);
    CHECK(WIFSTOPPED(status));
}

void MariadbServer::Resume() { CHECK(::kill(pid_, SIGCONT) == 0); }

std::string MariadbServer::Sql(std::string_view statement, const std::string& database) const {
    const std::unique_ptr<MYSQL, decltype(&mysql_close)> connection(mysql_init(nullptr),
                                                                    &mysql_close);
    const unsigned patience = kPatienceSeconds;
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

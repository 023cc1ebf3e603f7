#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "apps/ctl/answer.h"
#include "apps/ctl/http_client.h"
#include "common/clock.h"
#include "common/error.h"

namespace coupon::ctl {

/// Data and messages. Both outlive what holds it.
struct Console {
    std::ostream& out;
    std::ostream& error;
};

/// The flags that every command takes.
struct GlobalOptions {
    std::string url = "http://127.0.0.1:8080";
    std::filesystem::path token_file;  ///< empty = no token
    bool json = false;
    std::optional<std::chrono::milliseconds> timeout;  ///< absent = the command's own
};

enum class CallLength { kShort, kLong };

/// A value, or the exit code of a failure whose message is already written.
template <class T>
using OrExit = std::expected<T, int>;

using Renderer = std::function<std::string(const boost::json::value&)>;

/// "couponctl: <detail> [<field>]" on `console.error`; the exit code of `error`.
int ReportError(Console console, const Error& error);

/// `value` as one JSON document, or as `render` shows it.
void PrintData(Console console, bool as_json, const boost::json::value& value,
               const Renderer& render);

/// One command's talk with the service: sends, explains what went wrong, prints. Blocking. Confined
/// to one thread.
class Session {
public:
    /// Reads the URL and the token file; sends nothing.
    static OrExit<Session> Open(const GlobalOptions& options, Console console);

    /// The JSON of a 2xx answer (null if it has no body). Anything else is explained on stderr;
    /// with --json the server's problem document is printed as the data.
    OrExit<boost::json::value> Fetch(const HttpRequest& request, CallKind kind,
                                     CallLength length = CallLength::kShort);

    /// Fetch and print.
    int Run(const HttpRequest& request, CallKind kind, const Renderer& render,
            CallLength length = CallLength::kShort);

    /// A 200 whose body goes to `sink`; the error of a sink comes back explained, too.
    OrExit<void> Stream(const HttpRequest& request, const BodySink& sink);

    /// The service's clock, which decides when a window opens; one call.
    OrExit<WallTime> ServerTime();

    void Print(const boost::json::value& value, const Renderer& render);
    /// A message for a person, on stderr.
    void Say(std::string_view message);

    Console Streams() const { return console_; }

private:
    Session(const GlobalOptions& options, HttpClient client, Console console);

    int Lost(const Error& error, CallKind kind);
    int Refused(const HttpAnswer& answer, CallKind kind);

    HttpClient client_;
    const bool as_json_;
    const std::optional<std::chrono::milliseconds> timeout_;
    Console console_;
};

}  // namespace coupon::ctl

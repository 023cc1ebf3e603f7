#include "ledger/mysql_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace coupon::ledger {
namespace {

/// A server may repeat a whole statement in an error; a log needs the beginning.
constexpr std::size_t kMessageBytes = 300;

enum class Kind : std::uint8_t {
    kLost,  ///< the connection is gone, or the session with it
    kStopped,  ///< somebody stopped the statement, at whatever point
    kPasses,  ///< refused whole; later it may work
    kFull,
    kNoSpace,  ///< a system call said so, in the middle of whatever
    kDuplicate,
    kValue,
    kRights,
    kSchema,
    kOther
};

struct Known {
    unsigned number;
    Kind kind;
};

constexpr std::array kKnown = std::to_array<Known>({
    {1020, Kind::kPasses},  // record has changed since last read
    {1021, Kind::kFull},  // disk full
    {1037, Kind::kPasses},  // out of memory
    {1038, Kind::kPasses},  // out of sort memory
    {1040, Kind::kPasses},  // too many connections
    {1041, Kind::kPasses},  // out of memory
    {1042, Kind::kPasses},  // the server cannot resolve our address
    {1044, Kind::kRights},  // access to the database denied
    {1045, Kind::kRights},  // access denied
    {1048, Kind::kValue},  // a column cannot be NULL
    {1049, Kind::kRights},  // unknown database
    {1053, Kind::kLost},  // server shutdown in progress
    {1054, Kind::kSchema},  // unknown column
    {1062, Kind::kDuplicate}, {1114, Kind::kFull},  // the table is full
    {1129, Kind::kPasses},  // host is blocked because of many connection errors
    {1142, Kind::kRights},  // command denied
    {1143, Kind::kRights},  // command denied for a column
    {1146, Kind::kSchema},  // no such table
    {1203, Kind::kPasses},  // the user has too many connections
    {1205, Kind::kPasses},  // lock wait time-out
    {1213, Kind::kPasses},  // deadlock
    {1226, Kind::kPasses},  // the user has exceeded a resource
    {1227, Kind::kRights},  // needs a privilege
    {1264, Kind::kValue},  // out of range
    {1265, Kind::kValue},  // data truncated
    {1290, Kind::kPasses},  // --read-only
    {1292, Kind::kValue},  // incorrect value for its type
    {1317, Kind::kStopped},  // query was interrupted
    {1364, Kind::kValue},  // a column has no default
    {1366, Kind::kValue},  // incorrect string or number
    {1367, Kind::kValue},  // illegal value found during parsing
    {1406, Kind::kValue},  // data too long
    {1411, Kind::kValue},  // incorrect value for a function
    {1637, Kind::kPasses},  // too many concurrent transactions
    {1690, Kind::kValue},  // a result is out of range
    {1792, Kind::kPasses},  // read-only transaction
    {1836, Kind::kPasses},  // read-only mode
    {1927, Kind::kLost},  // connection was killed
    {1969, Kind::kStopped},  // max_statement_time exceeded
    {2002, Kind::kLost},  // cannot connect
    {2003, Kind::kLost},  // cannot connect
    {2005, Kind::kLost},  // unknown host
    {2006, Kind::kLost},  // server has gone away
    {2011, Kind::kLost},  // TCP error
    {2012, Kind::kLost},  // error in the handshake
    {2013, Kind::kLost},  // connection lost during a query
    {2014, Kind::kLost},  // commands out of sync: nobody knows what the next reply answers
    {2020, Kind::kLost},  // a packet larger than the library takes
    {2026, Kind::kLost},  // TLS: the handshake, or in the middle
    {2027, Kind::kLost},  // malformed packet
    {2055, Kind::kLost},  // connection lost, with the system's reason
    {3024, Kind::kStopped},  // max_execution_time exceeded
    {3101, Kind::kPasses},  // a MySQL group rolled the transaction back
    {3168, Kind::kPasses},  // MySQL takes no statements for now
    {3169, Kind::kLost},  // session was killed, MySQL
    {3819, Kind::kValue},  // check constraint, MySQL
    {4025, Kind::kValue},  // check constraint, MariaDB
    {4031, Kind::kLost},  // disconnected for being idle
});
static_assert(std::ranges::is_sorted(kKnown, {}, &Known::number));

/// Errors that carry a system call's say which: "(Errcode: 28 ...)", "Got error 28 ...".
bool CarriesNoSpace(std::string_view message) {
    constexpr std::array<std::string_view, 3> kForms = {"Errcode: 28 ", "errno: 28 ", "error 28 "};
    return std::ranges::any_of(kForms, [&](std::string_view form) {
        return message.find(form) != std::string_view::npos;
    });
}

Kind KindOf(unsigned number, std::string_view message) {
    const auto* known = std::ranges::lower_bound(kKnown, number, {}, &Known::number);
    if (known != kKnown.end() && known->number == number) return known->kind;
    return CarriesNoSpace(message) ? Kind::kNoSpace : Kind::kOther;
}

ErrorCode CodeOf(Kind kind) {
    switch (kind) {
        case Kind::kLost:
        case Kind::kStopped:
        case Kind::kPasses: return ErrorCode::kUnavailable;
        case Kind::kFull:
        case Kind::kNoSpace: return ErrorCode::kStorageFull;
        case Kind::kDuplicate: return ErrorCode::kConflict;
        case Kind::kValue: return ErrorCode::kInvalidArgument;
        case Kind::kRights: return ErrorCode::kConfiguration;
        case Kind::kSchema: return ErrorCode::kDamaged;
        case Kind::kOther: break;
    }
    return ErrorCode::kStorageFailed;
}

/// Whether the server said no before anything, or undid what it had done.
bool IsRefusal(Kind kind) {
    switch (kind) {
        case Kind::kLost:
        case Kind::kStopped:
        case Kind::kNoSpace:
        case Kind::kOther: return false;
        default: return true;
    }
}

}  // namespace

Error ErrorOfMysql(unsigned number, std::string_view message, std::string_view operation,
                   MysqlStep step) {
    const Kind kind = KindOf(number, message);
    const ErrorCode code = CodeOf(kind);
    const bool unknown = step == MysqlStep::kCommits && !IsRefusal(kind);
    return {.code = code,
            .operation = std::string(operation),
            .applied = unknown ? Applied::kUnknown : Applied::kNo,
            .retry_is_safe =
                !unknown && (code == ErrorCode::kUnavailable || code == ErrorCode::kStorageFull),
            .detail = fmt::format("MySQL {}: {}", number, message.substr(0, kMessageBytes))};
}

bool IsMysqlError(const Error& error, unsigned number) {
    return error.detail.starts_with(fmt::format("MySQL {}: ", number));
}

bool IsLockConflict(const Error& error) {
    return IsMysqlError(error, 1213) || IsMysqlError(error, 1205) || IsMysqlError(error, 1020);
}

bool EndsConnection(unsigned number) { return KindOf(number, {}) == Kind::kLost; }

}  // namespace coupon::ledger

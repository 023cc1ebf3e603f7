#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "apps/ctl/http_client.h"
#include "common/error.h"

namespace coupon::ctl {

/// What a call asks for; it decides what a refusal means and what to do when nobody knows the
/// outcome.
enum class CallKind {
    kRead,  ///< changes nothing
    kUserAct,  ///< a claim or a redemption: "no" is an answer (exit 1), asking again is always safe
    kSetting,  ///< an operator's change that can be repeated: pause, resume, close
    kAddition,  ///< an operator's change that counts each time: create, stock, backup
};

/// The server's problem document (RFC 9457), as far as it was one.
struct Problem {
    std::string code;  ///< "sold_out"; empty = the answer was no problem document
    std::string detail;  ///< a sentence; else the title; else empty
    std::string field;  ///< the input that is wrong; empty = none named
    boost::json::object members;  ///< the whole document
};

Problem ParseProblem(const HttpAnswer& answer);

/// The exit code for an answer, whatever its status: 0 for 2xx; 1 for the "no" of a kUserAct (sold
/// out, already claimed, not open, ...); 78 for 401 and 403; 69 for 408, 429, 5xx and what this
/// service never answers; 64 for the rest. Pure; any thread.
int ExitCodeOfAnswer(CallKind kind, const HttpAnswer& answer, const Problem& problem);

/// One line for a person: "sold_out: nothing is left (410)", with the field and when to try again.
std::string DescribeProblem(const HttpAnswer& answer, const Problem& problem);

/// What to do when a call may or may not have taken effect; empty for kRead.
std::string_view UnknownAdvice(CallKind kind);

/// Members of the server's JSON; absent, null and another type are all nullopt.
std::optional<std::int64_t> IntegerOf(const boost::json::object& object, std::string_view key);
std::optional<std::string> TextOf(const boost::json::object& object, std::string_view key);

}  // namespace coupon::ctl

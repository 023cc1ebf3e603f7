#include "tests/fuzz/naive_request.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "common/limits.h"
#include "http/server_options.h"

namespace coupon::fuzz {
namespace {

struct Field {
    std::string name;  ///< in lower case
    std::string_view value;
};

std::string Lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

bool IsToken(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

/// Text a field or target may hold: no control character but, in a field, the tab.
bool IsPlain(std::string_view text, bool tabs) {
    return std::ranges::all_of(text, [tabs](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte != 0x7f) || (tabs && c == '\t');
    });
}

std::string_view Trim(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

/// The lines up to the empty one, without their CRLF; nullopt when a CR or LF stands alone or the
/// end is missing.
std::optional<std::vector<std::string_view>> HeaderLines(std::string_view input,
                                                         std::size_t& bytes) {
    std::vector<std::string_view> lines;
    std::size_t at = input.starts_with("\r\n") ? 2 : 0;  // one is forgiven
    for (;;) {
        const std::size_t end = input.find_first_of("\r\n", at);
        if (end == std::string_view::npos || input.substr(end, 2) != "\r\n") return std::nullopt;
        const std::string_view line = input.substr(at, end - at);
        at = end + 2;
        if (line.empty()) break;
        lines.push_back(line);
    }
    bytes = at;
    return lines;
}

bool ReadRequestLine(std::string_view line, NaiveRequest& request) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return false;
    request.method = line.substr(0, first);
    request.target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    request.http10 = version == "HTTP/1.0";
    return IsToken(request.method) && !request.target.empty() && IsPlain(request.target, false) &&
           request.target.find(' ') == std::string_view::npos &&
           request.target.size() <= limits::kTargetBytesMax &&
           (request.http10 || version == "HTTP/1.1");
}

bool ReadTarget(NaiveRequest& request, std::string_view& authority) {
    std::string_view rest = request.target;
    if (rest == "*") {
        request.path = rest;
        return request.method == "OPTIONS";
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (Lower(rest.substr(0, scheme.size())) != scheme) continue;
        rest.remove_prefix(scheme.size());
        authority = rest.substr(0, rest.find_first_of("/?"));
        rest.remove_prefix(authority.size());
        if (authority.empty()) return false;
        break;
    }
    if (rest.find('#') != std::string_view::npos) return false;
    const std::size_t question = rest.find('?');
    request.path = rest.substr(0, question);
    if (question != std::string_view::npos) request.query = rest.substr(question + 1);
    if (request.path.empty() && !authority.empty()) request.path = "/";
    return request.path.starts_with('/');
}

std::optional<Field> ReadField(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) return std::nullopt;
    const std::string_view value = Trim(line.substr(colon + 1));
    if (!IsPlain(value, true)) return std::nullopt;
    return Field{Lower(line.substr(0, colon)), value};
}

/// The value of the only field of that name; `count` says how many there are.
std::string_view Only(const std::vector<Field>& fields, std::string_view name, std::size_t& count) {
    std::string_view value;
    count = 0;
    for (const Field& field : fields) {
        if (field.name != name) continue;
        value = field.value;
        ++count;
    }
    return value;
}

/// Empty, or what is wrong with the fields as a whole; fills in what they say.
std::string_view ReadFields(const std::vector<Field>& fields, std::string_view authority,
                            NaiveRequest& request, std::size_t& content_length) {
    std::size_t count = 0;
    Only(fields, "transfer-encoding", count);
    if (count != 0) return "Transfer-Encoding";
    const std::string_view host = Only(fields, "host", count);
    if (count > 1 || (count == 0 && !request.http10)) return "Host is not there once";
    if (count == 1 && (host.empty() || host.find_first_of(" \t/?#@,") != std::string_view::npos)) {
        return "Host is no host";
    }
    if (count == 1 && !authority.empty() && Lower(authority) != Lower(host)) return "two hosts";
    const std::string_view length = Only(fields, "content-length", count);
    if (count > 1) return "Content-Length twice";
    if (count == 1) {
        if (length.empty() || length.find_first_not_of("0123456789") != std::string_view::npos) {
            return "Content-Length is no number";
        }
        for (const char digit : length) {
            content_length = content_length * 10 + static_cast<std::size_t>(digit - '0');
            if (content_length > limits::kBodyBytesMax) return "Content-Length is too large";
        }
    }
    request.authorization = Only(fields, "authorization", count);
    if (count > 1) return "Authorization twice";
    request.content_type = Only(fields, "content-type", count);
    if (count > 1) return "Content-Type twice";
    return {};
}

}  // namespace

std::optional<NaiveRequest> ReadNaively(std::string_view input, std::string& why) {
    const auto wrong = [&why](std::string_view what) {
        why = what;
        return std::nullopt;
    };
    std::size_t header_bytes = 0;
    const auto lines = HeaderLines(input, header_bytes);
    if (!lines || lines->empty()) return wrong("no lines that end in CRLF and an empty one");
    if (header_bytes > limits::kHeaderBytesMax) return wrong("the header is too large");
    if (lines->size() > limits::kHeaderFieldsMax + 1) return wrong("too many fields");
    NaiveRequest request;
    if (!ReadRequestLine(lines->front(), request)) return wrong("the request line");
    std::string_view authority;
    if (!ReadTarget(request, authority)) return wrong("the target");
    std::vector<Field> fields;
    for (std::size_t i = 1; i < lines->size(); ++i) {
        auto field = ReadField((*lines)[i]);
        if (!field) return wrong("a field line");
        fields.push_back(*std::move(field));
    }
    std::size_t content_length = 0;
    if (const auto fault = ReadFields(fields, authority, request, content_length); !fault.empty()) {
        return wrong(fault);
    }
    if (content_length > 0 && content_length > http::DefaultBodyLimit(request.path)) {
        return wrong("the body is too large");
    }
    if (input.size() - header_bytes < content_length) return wrong("the body is cut short");
    request.body = input.substr(header_bytes, content_length);
    request.bytes = header_bytes + content_length;
    return request;
}

}  // namespace coupon::fuzz

#include "http/api/json_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <limits>

#include "common/limits.h"

namespace coupon::http::api {
namespace {

namespace json = boost::json;
using Kind = JsonValue::Kind;

/// The parser's events -> members of the outermost object.
class ObjectHandler {
public:
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();

    void Start(JsonMembers& members) {
        members_ = &members;
        depth_ = 0;
        name_size_ = 0;
        name_done_ = true;
        text_.clear();
        not_an_object_ = false;
    }
    bool NotAnObject() const { return not_an_object_; }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code& error) {
        const bool good = depth_ == 0 || Give({.kind = Kind::kObject}, error);
        ++depth_;
        return good;
    }
    bool on_object_end(std::size_t, json::error_code&) {
        --depth_;
        return true;
    }
    bool on_array_begin(json::error_code& error) {
        const bool good = Give({.kind = Kind::kArray}, error);
        ++depth_;
        return good;
    }
    bool on_array_end(std::size_t, json::error_code&) {
        --depth_;
        return true;
    }

    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        AppendName(part);
        return true;
    }
    bool on_key(json::string_view part, std::size_t, json::error_code&) {
        AppendName(part);
        name_done_ = true;
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
        if (depth_ == 1) text_.append(part.data(), part.size());
        return true;
    }
    bool on_string(json::string_view part, std::size_t total, json::error_code& error) {
        std::string_view text(part.data(), part.size());
        if (depth_ == 1 && part.size() != total) {
            text_.append(text);
            text = text_;
        }
        const bool good = Give({.kind = Kind::kString, .text = text}, error);
        text_.clear();
        return good;
    }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t number, json::string_view text, json::error_code& error) {
        const bool minus_zero = number == 0 && !text.empty() && text.front() == '-';
        return Give({.kind = minus_zero ? Kind::kNumber : Kind::kInteger, .integer = number},
                    error);
    }
    bool on_uint64(std::uint64_t, json::string_view, json::error_code& error) {
        return Give({.kind = Kind::kNumber}, error);
    }
    bool on_double(double, json::string_view, json::error_code& error) {
        return Give({.kind = Kind::kNumber}, error);
    }
    bool on_bool(bool truth, json::error_code& error) {
        return Give({.kind = Kind::kBool, .truth = truth}, error);
    }
    bool on_null(json::error_code& error) { return Give({.kind = Kind::kNull}, error); }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

private:
    void AppendName(json::string_view part) {
        if (depth_ != 1) return;
        if (name_done_) name_size_ = 0;
        name_done_ = false;
        const std::size_t taken = std::min(part.size(), name_.size() - name_size_);
        std::copy_n(part.data(), taken, name_.data() + name_size_);
        name_size_ += taken;
    }
    bool Give(const JsonValue& value, json::error_code& error) {
        if (depth_ == 1) members_->OnMember({name_.data(), name_size_}, value);
        if (depth_ != 0) return true;
        not_an_object_ = true;
        error = json::error::syntax;
        return false;
    }

    JsonMembers* members_ = nullptr;
    std::size_t depth_ = 0;
    std::array<char, limits::kJsonNameBytesMax> name_{};
    std::size_t name_size_ = 0;
    bool name_done_ = true;  // the next part starts another name
    std::string text_;
    bool not_an_object_ = false;
};

std::unexpected<Error> BadBody(std::string detail) {
    return InvalidArgument("body", std::move(detail));
}

}  // namespace

class JsonObjectParser::Impl : public json::basic_parser<ObjectHandler> {
public:
    Impl() : basic_parser(json::parse_options{.max_depth = limits::kJsonDepthMax}) {}
};

JsonObjectParser::JsonObjectParser() : impl_(std::make_unique<Impl>()) {}
JsonObjectParser::~JsonObjectParser() = default;

Result<void> JsonObjectParser::Parse(std::string_view body, JsonMembers& members) {
    if (body.empty()) return BadBody("the body is empty: a JSON object is needed");
    impl_->reset();
    impl_->handler().Start(members);
    json::error_code error;
    const std::size_t used = impl_->write_some(false, body.data(), body.size(), error);
    if (error) {
        if (impl_->handler().NotAnObject()) return BadBody("the body must be a JSON object");
        if (body.starts_with("\xEF\xBB\xBF")) {
            return BadBody("the body starts with a byte order mark");
        }
        if (error == json::error::too_deep) {
            return BadBody(fmt::format("the body is nested deeper than {}", limits::kJsonDepthMax));
        }
        return BadBody(fmt::format("not valid JSON: {}", error.message()));
    }
    if (used != body.size()) return BadBody("the body goes on after the JSON object");
    return {};
}

Result<std::int64_t> ReadInteger(const JsonValue& value, std::string_view field,
                                 IntegerRange range) {
    if (value.kind != Kind::kInteger || !range.Contains(value.integer)) {
        return InvalidArgument(
            std::string(field),
            fmt::format("{} must be an integer from {} to {}", field, range.min, range.max));
    }
    return value.integer;
}

}  // namespace coupon::http::api

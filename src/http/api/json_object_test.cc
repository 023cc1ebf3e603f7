#include "http/api/json_object.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/limits.h"

namespace coupon::http::api {
namespace {

class Names final : public JsonMembers {
public:
    void OnMember(std::string_view name, const JsonValue&) override { seen.emplace_back(name); }

    std::vector<std::string> seen;
};

/// The names of the members of a body that is right.
std::vector<std::string> NamesIn(const std::string& body) {
    JsonObjectParser parser;
    Names names;
    const Result<void> parsed = parser.Parse(body, names);
    EXPECT_TRUE(parsed) << parsed.error().detail;
    return names.seen;
}

/// An object whose arrays make it `levels` deep.
std::string Nested(std::size_t levels) {
    return R"({"a":)" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
}

TEST(JsonObject, CutsANameThatIsTooLong) {
    const std::string longest(limits::kJsonNameBytesMax, 'n');
    EXPECT_EQ(NamesIn(R"({")" + longest + R"(":1,"b":2})"),
              (std::vector<std::string>{longest, "b"}));
    for (const std::string& more :
         {longest + "x", longest + std::string(1000, 'y'), longest.substr(1) + R"(\u0041BC)"}) {
        const std::vector<std::string> seen = NamesIn(R"({")" + more + R"(":1,"b":2})");
        ASSERT_EQ(seen.size(), 2U);
        EXPECT_EQ(seen[0].size(), limits::kJsonNameBytesMax) << more;
        EXPECT_EQ(seen[1], "b");
    }
}

TEST(JsonObject, RefusesWhatIsNestedTooDeep) {
    EXPECT_EQ(NamesIn(Nested(limits::kJsonDepthMax)), std::vector<std::string>{"a"});
    JsonObjectParser parser;
    Names names;
    const Result<void> deeper = parser.Parse(Nested(limits::kJsonDepthMax + 1), names);
    ASSERT_FALSE(deeper);
    EXPECT_EQ(deeper.error().field, "body");
    EXPECT_NE(deeper.error().detail.find("nested deeper than 8"), std::string::npos);
}

}  // namespace
}  // namespace coupon::http::api

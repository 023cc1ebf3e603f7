#include "apps/ctl/table.h"

#include <gtest/gtest.h>

namespace coupon::ctl {
namespace {

TEST(Table, AlignsTextLeftAndNumbersRight) {
    Table table({{"ID", Align::kRight}, {"NAME"}, {"STOCK", Align::kRight}});
    table.AddRow({"7", "Opening", "10000"});
    table.AddRow({"140", "B", "unlimited"});
    EXPECT_EQ(table.ToString(),
              " ID  NAME         STOCK\n"
              "  7  Opening      10000\n"
              "140  B        unlimited\n");
}

TEST(Table, HasNoBlanksAtTheEndOfALine) {
    Table table({{"A"}, {"LONG TITLE"}});
    table.AddRow({"x", ""});
    EXPECT_EQ(table.ToString(), "A  LONG TITLE\nx\n");
}

TEST(Table, WithoutTitlesHasNoHeadLine) {
    Table table({{""}, {""}});
    table.AddRow({"id", "7"});
    table.AddRow({"state", "open"});
    EXPECT_EQ(table.ToString(), "id     7\nstate  open\n");
}

TEST(Table, CountsWideCharactersAsTwoColumns) {
    EXPECT_EQ(DisplayWidth("쿠폰"), 4U);
    EXPECT_EQ(DisplayWidth("é"), 1U);
    Table table({{"NAME"}, {"N", Align::kRight}});
    table.AddRow({"쿠폰", "1"});
    table.AddRow({"abcd", "2"});
    EXPECT_EQ(table.ToString(), "NAME  N\n쿠폰  1\nabcd  2\n");
}

TEST(Table, LetsNoNameControlTheTerminal) {
    EXPECT_EQ(Printable("a\x1B[2Jb\n"), "a\uFFFD[2Jb\uFFFD");
    EXPECT_EQ(Printable("\xFF ok"), "\uFFFD ok");
    EXPECT_EQ(Printable("\u009B1m"), "\uFFFD1m");
    Table table({{""}});
    table.AddRow({"x\r\ny"});
    EXPECT_EQ(table.ToString(), "x\uFFFD\uFFFDy\n");
}

}  // namespace
}  // namespace coupon::ctl

#include "table.hpp"

#include <gtest/gtest.h>

namespace tasker::cli {

namespace {

constexpr terminal pipe{};
constexpr terminal narrow_tty{.is_tty = true, .columns = 24};
constexpr terminal colours{.is_tty = true, .has_colour = true, .columns = 80};

table example() {
    table rows{{{"STEP"}, {"TOOK", align::right}, {"ERROR"}}};
    rows.add_row({{"read"}, {"12.3 ms"}, {}});
    rows.add_row({{"größe"}, {"4 s"}, {"no such file or directory"}});
    return rows;
}

TEST(Table, AlignsItsColumnsWithoutTrailingBlanks) {
    EXPECT_EQ(example().to_text(pipe), "STEP      TOOK  ERROR\n"
                                       "read   12.3 ms\n"
                                       "größe      4 s  no such file or directory\n");
}

TEST(Table, CutsTheLastColumnToTheTerminal) {
    // 5 + 2 + 7 + 2 columns leave 8, too few to be worth cutting; 26 columns leave 10.
    terminal out = narrow_tty;
    EXPECT_NE(example().to_text(out).find("directory"), std::string::npos);
    out.columns = 26;
    EXPECT_EQ(example().to_text(out), "STEP      TOOK  ERROR\n"
                                      "read   12.3 ms\n"
                                      "größe      4 s  no such f…\n");
}

TEST(Table, PaintsCellsAndNotTheirPadding) {
    table rows{{{"A"}, {"B"}}};
    rows.add_row({{"x", tone::good}, {"y"}});
    EXPECT_EQ(rows.to_text(colours), "\x1b[2mA\x1b[0m  \x1b[2mB\x1b[0m\n"
                                     "\x1b[32mx\x1b[0m  y\n");
}

TEST(Table, KeepsEachRowOnOneLine) {
    table rows{{{"A"}}};
    rows.add_row({{"first\nsecond\t\x1b[31m"}});
    EXPECT_EQ(rows.to_text(pipe), "A\nfirst second  [31m\n");
}

TEST(Table, WritesNotesBelowTheirRowAndCutsThemToTheTerminal) {
    table rows{{{"STEP"}, {"AFTER"}}};
    rows.add_row({{"read"}, {"list"}});
    rows.add_note({"no such file or\ndirectory"});
    rows.add_row({{"join"}, {"read"}});
    EXPECT_EQ(rows.to_text(pipe), "STEP  AFTER\n"
                                  "read  list\n"
                                  "    no such file or directory\n"
                                  "join  read\n");
    EXPECT_EQ(rows.to_text(narrow_tty), "STEP  AFTER\n"
                                        "read  list\n"
                                        "    no such file or dir…\n"
                                        "join  read\n");
}

TEST(Properties, IndentTheLinesOfAValue) {
    EXPECT_EQ(to_text({{"state", {"running"}}, {"id", {"a\nb"}}}, pipe), "state  running\n"
                                                                         "id     a\n"
                                                                         "       b\n");
}

} // namespace

} // namespace tasker::cli

#include "tasker/pg/rows.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <optional>
#include <string>
#include <vector>

namespace tasker::pg {
namespace {

using cell = std::optional<std::string>;

/// A result of one row, as libpq makes it from the server's bytes.
rows one_row(std::vector<cell> cells) {
    auto* const result = PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
    std::vector<PGresAttDesc> columns(cells.size());
    std::string name = "column";
    for (auto& column : columns) {
        column.name = name.data();
        column.format = 1;
    }
    PQsetResultAttrs(result, static_cast<int>(columns.size()), columns.data());
    for (std::size_t i = 0; i < cells.size(); ++i) {
        PQsetvalue(result, 0, static_cast<int>(i), cells[i] ? cells[i]->data() : nullptr,
                   cells[i] ? static_cast<int>(cells[i]->size()) : -1);
    }
    return rows{result};
}

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (int const value : values) {
        text += static_cast<char>(value);
    }
    return text;
}

TEST(Rows, AreEmptyByDefault) {
    rows const nothing;
    EXPECT_EQ(nothing.size(), 0U);
    EXPECT_EQ(nothing.columns(), 0U);
    EXPECT_TRUE(nothing.empty());
}

TEST(Rows, ReadEachTypeFromItsBinaryForm) {
    auto const r = one_row({bytes({1}), bytes({0xff, 0xfe}), bytes({1, 2, 3, 4}),
                            bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), "text",
                            bytes({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}),
                            bytes({0, 0, 0, 0, 0, 0x0f, 0x42, 0x42})});
    EXPECT_TRUE(r.boolean(0, 0));
    EXPECT_EQ(r.int2(0, 1), -2);
    EXPECT_EQ(r.int4(0, 2), 0x01020304);
    EXPECT_EQ(r.int8(0, 3), -1);
    EXPECT_EQ(r.text(0, 4), "text");
    EXPECT_EQ(r.uuid(0, 5).to_string(), "00010203-0405-0607-0809-0a0b0c0d0eff");
    EXPECT_EQ(to_rfc3339(r.timestamptz(0, 6)), "2000-01-01T00:00:01.000002Z");
}

TEST(Rows, DistinguishNullFromEmpty) {
    auto const r = one_row({std::nullopt, ""});
    EXPECT_EQ(r.optional(&rows::text, 0, 0), std::nullopt);
    EXPECT_EQ(r.optional(&rows::text, 0, 1), "");
    EXPECT_EQ(r.optional(&rows::int4, 0, 0), std::nullopt);
}

TEST(Rows, KeepTheirTextsWhenMoved) {
    auto first = one_row({std::string(1000, 'x')});
    auto const view = first.text(0, 0);
    auto const second = std::move(first);
    EXPECT_EQ(view, second.text(0, 0));
    EXPECT_EQ(view.data(), second.text(0, 0).data());
}

TEST(RowsDeathTest, RefuseWrongWidthsNullsAndMissingColumns) {
    auto const r = one_row({bytes({0, 1}), std::nullopt});
    EXPECT_DEATH(r.int4(0, 0), "sizeof");
    EXPECT_DEATH(r.text(0, 1), "is_null");
    EXPECT_DEATH(r.text(0, 2), "columns");
    EXPECT_DEATH(r.text(1, 0), "size");
}

} // namespace
} // namespace tasker::pg

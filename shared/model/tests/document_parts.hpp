#pragma once

#include "source_files.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace tasker::model {

/// Expects the part of a document between `<!-- NAME: written by make docs -->` and `<!-- end -->`
/// to be `text`. With TASKER_WRITE_DOCS set, writes it there instead.
inline void expect_part(std::string const& path, std::string const& name, std::string const& text) {
    std::string document = read_source_file(path);
    std::string const begin = "<!-- " + name + ": written by make docs -->\n";
    auto const from = document.find(begin);
    ASSERT_NE(from, std::string::npos) << path << " has no line " << begin;
    auto const first = from + begin.size();
    auto const last = document.find("<!-- end -->", first);
    ASSERT_NE(last, std::string::npos) << path;
    if (std::getenv("TASKER_WRITE_DOCS") != nullptr) { // NOLINT(concurrency-mt-unsafe)
        document.replace(first, last - first, text);
        std::ofstream{std::filesystem::path{TASKER_SOURCE_DIR} / path} << document;
    } else {
        EXPECT_EQ(document.substr(first, last - first), text) << "run make docs";
    }
}

/// A number with commas between thousands: "86,400,000", "0.001".
inline std::string with_commas(std::string_view number) {
    auto const whole = std::min(number.find('.'), number.size());
    std::string out;
    for (std::size_t i = 0; i < number.size(); ++i) {
        out.append(i > 0 && i < whole && (whole - i) % 3 == 0 ? "," : "").append(1, number[i]);
    }
    return out;
}

} // namespace tasker::model

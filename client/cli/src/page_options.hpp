#pragma once

#include "terminal.hpp"

#include "tasker/client/client.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace tasker::cli {

inline constexpr std::int32_t largest_page = 1'000;

/// The options --limit and --cursor of every list.
struct page_options {
    std::int32_t limit = 20;
    std::string cursor;
};

/// `what`: what the list has, such as "tasks".
void add_page_options(CLI::App& command, page_options& options, std::string const& what);

client::page_request to_page(page_options const& options);

/// The last line of a page that is followed by another one; "" for the last page.
std::string next_page_text(std::optional<std::string> const& next_cursor, terminal const& out);

} // namespace tasker::cli

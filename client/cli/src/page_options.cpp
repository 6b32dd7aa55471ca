#include "page_options.hpp"

namespace tasker::cli {

void add_page_options(CLI::App& command, page_options& options, std::string const& what) {
    command.add_option("-l,--limit", options.limit, "Number of " + what + ", 1 to 1000")
        ->type_name("N")
        ->check(CLI::Range(std::int32_t{1}, largest_page).description(""))
        ->capture_default_str();
    command
        .add_option("--cursor", options.cursor, "Continue after this cursor of the previous page")
        ->type_name("CURSOR");
}

client::page_request to_page(page_options const& options) {
    client::page_request part{.limit = options.limit};
    if (!options.cursor.empty()) {
        part.cursor = options.cursor;
    }
    return part;
}

std::string next_page_text(std::optional<std::string> const& next_cursor, terminal const& out) {
    return next_cursor ? paint("More: --cursor " + *next_cursor, tone::dim, out) + '\n' : "";
}

} // namespace tasker::cli

#pragma once

#include "page_options.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/client/client.hpp"
#include "tasker/wire/create_task.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::cli {

/// The arguments of `tasker task create`, unparsed.
struct create_options {
    std::string name;
    std::string name_space;
    std::string context;
    std::string priority;
    std::optional<std::string> key;
    std::vector<std::string> labels;
    std::string wait; ///< seconds, or `forever`
    bool watches = false;
    std::string field; ///< JSON pointer
};

/// The arguments of `tasker task list`.
struct list_options {
    std::string name;
    std::string name_space;
    std::string state;
    std::string created_after;
    std::string created_before;
    bool children = false;
    std::vector<std::string> labels;
    std::string context;
    page_options page;
};

inline constexpr char const* example_id = "01990f5e-7c00-7a00-8000-000000000001";

/// Errors: errc::invalid_argument, with a sentence for people.
result<task_id> to_task_id(std::string const& text);

/// The option --older-than: the time that long ago. Errors: errc::invalid_argument, with a sentence
/// for people.
result<timestamp> to_time_before(std::string const& age);

/// Errors: errc::invalid_argument, errc::not_found (a file of the context).
result<wire::create_task_request> to_request(create_options const& options);
result<client::task_filter> to_filter(list_options const& options);
/// The option --state; empty: any.
result<std::optional<model::task_state>> to_state(std::string const& option);

/// "low", "normal", "high", "urgent", or 1 to 4.
std::optional<std::int16_t> parse_priority(std::string_view text);

/// Seconds, with or without decimals, as in "30" and "0.5", or `forever`, which is a year.
std::optional<std::chrono::milliseconds> parse_limit(std::string_view text);

inline constexpr std::string_view forever = "forever";

} // namespace tasker::cli

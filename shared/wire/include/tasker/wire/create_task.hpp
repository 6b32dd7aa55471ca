#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/wire/error_body.hpp"
#include "tasker/wire/labels.hpp"

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

inline constexpr std::size_t max_batch = 10'000;
inline constexpr std::size_t max_idempotency_key_bytes = 255;

/// The body of `POST /v1/tasks`, and each entry of `POST /v1/tasks/batch`.
struct create_task_request {
    std::string name_space = "default";
    std::string name;
    std::optional<std::string> version; ///< none: the highest that is registered
    std::string context = "{}";         ///< JSON object, unchanged from the body
    std::int16_t priority = 2;          ///< 1 low to 4 urgent
    std::optional<std::string> idempotency_key;
    std::vector<label> labels; ///< at most max_labels, each name once

    friend bool operator==(create_task_request const&, create_task_request const&) = default;
};

/// Why a body was refused.
struct invalid_body {
    std::string message; ///< "the body is not valid JSON"
    std::vector<error_detail> details;
};

/// Found by boost::system::result.
[[noreturn]] void throw_exception_from_error(invalid_body const& invalid,
                                             boost::source_location const& where);

template <class T>
using body_result = boost::system::result<T, invalid_body>;

/// Reads and checks a whole body: UTF-8, nesting of at most 64, no `\u0000`, no unknown and no
/// duplicate fields, names and versions by their rules. `context` is copied, not rewritten.
///
/// Threads: may be called from any.
body_result<create_task_request> parse_create_task(std::string_view body);

/// `{"tasks":[…]}` of 1 to `max_batch` tasks. Returns all problems, up to 100.
body_result<std::vector<create_task_request>> parse_create_batch(std::string_view body);

/// Omits fields with their default value.
void append(std::string& out, create_task_request const& request);

/// `{"tasks":[…]}`
void append_create_batch(std::string& out, std::span<create_task_request const> requests);

/// One task of the response to a batch.
struct created_task {
    task_id id;           ///< "task_id"
    bool created = false; ///< false: an earlier request used the idempotency key with the same body

    friend bool operator==(created_task const&, created_task const&) = default;
};

/// `{"tasks":[{"task_id":"…","created":true},…]}`
void append_created_batch(std::string& out, std::span<created_task const> tasks);
result<std::vector<created_task>> read_created_batch(std::string_view json);

} // namespace tasker::wire

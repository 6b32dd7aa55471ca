#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/wire/signal.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Cursors of paged lists: base64url (RFC 4648, no padding) of the kind of list, a hash of `list`
/// and the last id of the previous page. Opaque to clients. `list` distinguishes lists of one kind
/// by their filters. A list refuses the cursor of another one.
///
/// Errors: errc::invalid_argument for a text that encode_cursor does not return for this kind of
/// list; errc::conflict for the cursor of another `list`.

namespace tasker::wire {

std::string encode_cursor(task_id last, std::string_view list);
std::string encode_cursor(step_no last, std::string_view list);
std::string encode_cursor(template_id last, std::string_view list);
std::string encode_cursor(worker_id last, std::string_view list);
std::string encode_cursor(std::int32_t last, std::string_view list); ///< the index of an item
std::string encode_cursor(wait_id last, std::string_view list);

result<task_id> decode_task_cursor(std::string_view cursor, std::string_view list);
result<step_no> decode_step_cursor(std::string_view cursor, std::string_view list);
result<template_id> decode_template_cursor(std::string_view cursor, std::string_view list);
result<std::int32_t> decode_item_cursor(std::string_view cursor, std::string_view list);
result<worker_id> decode_worker_cursor(std::string_view cursor, std::string_view list);
result<wait_id> decode_wait_cursor(std::string_view cursor, std::string_view list);

} // namespace tasker::wire

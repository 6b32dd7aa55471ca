#pragma once

#include "tasker/documents/document.hpp"

#include <string_view>

namespace tasker::documents {

struct typed_scalar {
    node_kind kind;
    decltype(document_node::value) value;
};

/// The type of a plain (unquoted) YAML scalar by the core schema of YAML 1.2 (section 10.3.2):
/// null, true or false, an integer (decimal, 0o octal, 0x hexadecimal), a real, or otherwise a
/// string. "yes" and "1.2.3" are strings. Throws unreadable_document, with `line`, for numbers that
/// JSON or 64 bits cannot hold.
typed_scalar resolve_plain_scalar(std::string_view text, int line);

} // namespace tasker::documents

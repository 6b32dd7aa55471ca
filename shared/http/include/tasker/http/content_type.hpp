#pragma once

#include <string_view>

namespace tasker::http {

enum class media { json, yaml, other };

/// The format that a Content-Type names. Without one, the body is JSON. With a charset other than
/// UTF-8, it is neither format.
media media_of(std::string_view content_type);

} // namespace tasker::http

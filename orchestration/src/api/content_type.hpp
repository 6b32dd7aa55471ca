#pragma once

#include <string_view>

namespace tasker::orchestration::api {

enum class media { json, yaml, other };

/// What a Content-Type says a body is. An absent one is taken for JSON, and any charset but UTF-8
/// makes it something else.
media media_of(std::string_view content_type);

} // namespace tasker::orchestration::api

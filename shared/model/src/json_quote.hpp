#pragma once

#include <string>
#include <string_view>

namespace tasker::model {

/// `text`, which is UTF-8, as a JSON string.
std::string& append_quoted(std::string& out, std::string_view text);

} // namespace tasker::model

#include "json_quote.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tasker::model {

std::string& append_quoted(std::string& out, std::string_view text) {
    bool const plain = std::ranges::none_of(
        text, [](char c) { return c == '"' || c == '\\' || (c >= 0 && c < 0x20); });
    if (plain) {
        return out.append(1, '"').append(text).append(1, '"');
    }
    return out.append(nlohmann::json(text).dump());
}

} // namespace tasker::model

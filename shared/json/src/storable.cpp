#include "tasker/json/storable.hpp"

#include "tasker/json/text.hpp"

#include <algorithm>

namespace tasker::json {

std::string to_storable(std::string_view text) {
    // No longer sequence of UTF-8 contains the byte 0: make it invalid, and replace it like others.
    std::string out{text};
    std::ranges::replace(out, '\0', '\xff');
    return to_utf8(out);
}

} // namespace tasker::json

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tasker::wire {

/// A part of a list, and where the next part begins.
template <class Item>
struct page {
    std::vector<Item> items;
    std::optional<std::string> next_cursor; ///< none: this was the last

    friend bool operator==(page const&, page const&) = default;
};

} // namespace tasker::wire

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tasker::wire {

/// A page of a list, and the cursor of the next page.
template <class Item>
struct page {
    std::vector<Item> items;
    std::optional<std::string> next_cursor; ///< none: this was the last

    friend bool operator==(page const&, page const&) = default;
};

} // namespace tasker::wire

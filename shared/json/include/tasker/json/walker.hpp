#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tasker::json {

enum class value_kind : std::uint8_t { null, boolean, number, string, array, object };

/// "an object", "a string", …
std::string_view describe(value_kind kind);

/// The content of a string, from its text without the quotes. REQUIRES: find_problem accepted it.
std::string unescape(std::string_view raw);

/// Walks over a JSON text once, from start to end, and can return the unchanged text of any value.
/// Does not detect syntax errors.
///
/// simdjson validates, but its DOM does not keep the text, and its On-Demand front end is compiled
/// for the oldest supported processor and takes twice as long as the validation.
///
/// REQUIRES: the text was accepted by find_problem (syntax.hpp).
/// Lifetime: the views that are returned point into the text.
class walker {
public:
    explicit walker(std::string_view text) : at_{text.data()}, end_{at_ + text.size()} {
        skip_space();
    }

    /// The kind of the next value.
    value_kind kind() const;

    /// Each of these consumes the next value.
    std::string_view raw();
    std::string string(); ///< REQUIRES: kind() is string

    /// Calls `each(key)`, which must consume the member's value. The key is valid during the call.
    /// REQUIRES: kind() is object.
    template <class Each>
    void object(Each each) {
        std::string unescaped;
        for (enter(); !leaves('}');) {
            std::string_view key = raw_string();
            if (key.find('\\') != std::string_view::npos) {
                key = unescaped = unescape(key);
            }
            skip_space();
            ++at_; // the colon
            skip_space();
            each(key);
        }
    }

    /// Calls `each(index)`, which must consume the item. REQUIRES: kind() is array.
    template <class Each>
    void array(Each each) {
        std::size_t index = 0;
        for (enter(); !leaves(']');) {
            each(index++);
        }
    }

private:
    void skip_space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
            ++at_;
        }
    }

    void enter() {
        ++at_;
        skip_space();
    }

    /// Skips a comma or the closing bracket; true if it was the bracket.
    bool leaves(char closing);

    std::string_view raw_string(); ///< without its quotes
    void skip_container();

    char const* at_;
    char const* end_;
};

} // namespace tasker::json

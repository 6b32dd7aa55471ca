#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace tasker::json_schema {

/// A regular expression of a JSON Schema (ECMA-262), run by RE2: in time proportional to the text
/// and with a bounded stack, which std::regex does not promise. Features that RE2 lacks
/// (look-around, back references, named groups of ECMA-262) are refused when the schema is read.
///
/// Lifetime: a copy shares the compiled expression.
/// Threads: any number may call matches() at the same time.
class pattern {
public:
    explicit pattern(std::string_view source);

    /// Why the source is not an expression, or empty.
    std::string const& problem() const noexcept {
        return problem_;
    }

    std::string const& source() const noexcept {
        return source_;
    }

    /// Whether any part of the text matches. REQUIRES: problem() is empty.
    bool matches(std::string_view text) const;

private:
    std::string source_;
    std::string problem_;
    std::shared_ptr<re2::RE2 const> compiled_;
};

} // namespace tasker::json_schema

#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace tasker::model {

/// A regular expression of a JSON Schema (ECMA-262), as RE2 runs it: in time proportional to the
/// text and with a bounded stack, which std::regex promises neither of. What RE2 does not have
/// (look-around, back references, named groups of ECMA-262) is refused when the schema is read.
///
/// Lifetime: a copy shares the compiled expression.
/// Threads: matches() may be called from any number at once.
class pattern {
public:
    explicit pattern(std::string_view source);

    /// Why the source is no expression, or empty.
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

} // namespace tasker::model

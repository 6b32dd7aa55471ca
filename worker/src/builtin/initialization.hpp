#pragma once

#include "tasker/worker/step_context.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::worker {

/// Reads the keys of a step's `handler.initialization`. A wrong key stays wrong on every attempt,
/// so it throws permanent_failure of type "invalid_initialization".
class initialization {
public:
    /// Lifetime: borrows the step's JSON.
    explicit initialization(step_context const& step);

    bool has(std::string_view key);

    /// Null if it is absent.
    nlohmann::json const* find(std::string_view key);

    /// The value's text, unchanged; null if it is absent.
    std::optional<std::string_view> raw(std::string_view key);

    std::string text(std::string_view key);
    std::string text(std::string_view key, std::string otherwise);
    bool truth(std::string_view key, bool otherwise);
    /// Between `least` and `most`.
    std::int64_t integer(std::string_view key, std::int64_t otherwise, std::int64_t least,
                         std::int64_t most);
    /// A list of integers, or a single one.
    std::vector<std::int64_t> integers(std::string_view key, std::vector<std::int64_t> otherwise);

    /// Call it after reading the last key: any other key is an error.
    void finish() const;

    [[noreturn]] static void refuse(std::string const& problem);

private:
    nlohmann::json const& object_;
    std::string_view object_text_;
    std::vector<std::string_view> allowed_;
};

} // namespace tasker::worker

#pragma once

#include "tasker/base/error.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tasker {

/// The id of a task: a UUID.
/// Threads: generate() may be called from any.
class task_id {
public:
    using bytes_type = std::array<std::uint8_t, 16>;

    /// The nil UUID, which is no task's.
    constexpr task_id() = default;

    constexpr explicit task_id(bytes_type const& bytes) : bytes_{bytes} {}

    /// A new UUID of version 7 (RFC 9562), greater than all earlier ones of this process.
    static task_id generate();

    /// Reads the hyphenated form, in either case.
    /// Errors: errc::invalid_argument.
    static result<task_id> parse(std::string_view text);

    /// Lower case, hyphenated, 36 characters.
    std::string to_string() const;

    /// In network order, like PostgreSQL's binary form.
    constexpr bytes_type const& bytes() const noexcept {
        return bytes_;
    }

    friend constexpr auto operator<=>(task_id const&, task_id const&) = default;

private:
    bytes_type bytes_{};
};

/// An integer with a separate type, so that ids of different kinds cannot be confused.
template <class Tag, class Rep>
struct strong_id {
    Rep value{};

    constexpr strong_id() = default;

    constexpr explicit strong_id(Rep number) : value{number} {}

    friend constexpr auto operator<=>(strong_id const&, strong_id const&) = default;
};

/// A step within its task: its place in the template's topological order, from 0.
using step_no = strong_id<struct step_no_tag, std::int32_t>;

/// A message of PGMQ, unique within its queue.
using message_id = strong_id<struct message_id_tag, std::int64_t>;

/// A registered template.
using template_id = strong_id<struct template_id_tag, std::int32_t>;

/// A registered worker.
using worker_id = strong_id<struct worker_id_tag, std::int32_t>;

inline std::string to_string(task_id const& id) {
    return id.to_string();
}

template <class Tag, class Rep>
std::string to_string(strong_id<Tag, Rep> id) {
    return std::to_string(id.value);
}

} // namespace tasker

template <>
struct std::hash<tasker::task_id> {
    std::size_t operator()(tasker::task_id const& id) const noexcept;
};

template <class Tag, class Rep>
struct std::hash<tasker::strong_id<Tag, Rep>> {
    std::size_t operator()(tasker::strong_id<Tag, Rep> id) const noexcept {
        return std::hash<Rep>{}(id.value);
    }
};

#include "state_marks.hpp"

#include <string_view>

namespace tasker::cli {

namespace {

struct look {
    std::string_view unicode;
    std::string_view ascii;
    tone colour;
};

look look_of(model::state_kind kind) {
    switch (kind) {
    case model::state_kind::idle:
        return {"○", ".", tone::dim};
    case model::state_kind::ready:
        return {"◌", "o", tone::plain};
    case model::state_kind::running:
        return {"▶", ">", tone::busy};
    case model::state_kind::waiting:
        return {"↻", "~", tone::waiting};
    case model::state_kind::complete:
        return {"✔", "+", tone::good};
    case model::state_kind::failed:
        return {"✖", "x", tone::bad};
    case model::state_kind::cancelled:
        return {"■", "-", tone::dim};
    case model::state_kind::skipped:
        return {"↷", "/", tone::dim};
    }
    return {};
}

} // namespace

tone tone_of(model::state_kind kind) noexcept {
    return look_of(kind).colour;
}

std::string mark_of(model::state_kind kind, bool has_unicode) {
    auto const chosen = look_of(kind);
    return std::string{has_unicode ? chosen.unicode : chosen.ascii};
}

} // namespace tasker::cli

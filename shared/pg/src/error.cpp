#include "tasker/pg/error.hpp"

#include <boost/system/error_category.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace tasker::pg {
namespace {

// SQLSTATE in base 36: "00000" is 0, success; "ZZZZZ" is 60,466,175.
constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t state_length = 5;

constexpr int pack(std::string_view state) {
    if (state.size() != state_length) {
        return pack("XX000");
    }
    std::size_t value = 0;
    for (char const c : state) {
        auto const digit = digits.find(c);
        if (digit == std::string_view::npos) {
            return pack("XX000");
        }
        value = value * digits.size() + digit;
    }
    return static_cast<int>(value);
}

std::string unpack(int code) {
    std::string state(state_length, '0');
    auto rest = static_cast<std::size_t>(code);
    for (auto c = state.rbegin(); c != state.rend(); ++c) {
        *c = digits[rest % digits.size()];
        rest /= digits.size();
    }
    return state;
}

class connection_errors final : public boost::system::error_category {
public:
    char const* name() const noexcept override {
        return "tasker.pg";
    }

    std::string message(int code) const override {
        switch (static_cast<errc>(code)) {
        case errc::could_not_connect:
            return "could not connect to the database";
        case errc::connection_lost:
            return "the connection to the database was lost before the call was sent";
        case errc::connection_lost_in_doubt:
            return "the connection to the database was lost before the call was confirmed";
        case errc::timeout:
            return "the deadline passed before the call was sent";
        case errc::timeout_in_doubt:
            return "the deadline passed before the call was confirmed";
        case errc::cancelled:
            return "cancelled before the call was sent";
        case errc::cancelled_in_doubt:
            return "cancelled before the call was confirmed";
        case errc::too_large:
            return "the parameters exceed the size of one message";
        case errc::overloaded:
            return "too many callers wait for a connection";
        case errc::closed:
            return "closed";
        }
        return "unknown";
    }
};

class sqlstates final : public boost::system::error_category {
public:
    char const* name() const noexcept override {
        return "tasker.sqlstate";
    }

    std::string message(int code) const override {
        return "SQLSTATE " + unpack(code);
    }
};

bool begins_with_any(std::string_view state, std::span<std::string_view const> prefixes) {
    return std::ranges::any_of(prefixes,
                               [&](std::string_view prefix) { return state.starts_with(prefix); });
}

// 08: connection exceptions. 57P: shutdown, crash, database dropped, session timed out. 25006: a
// primary that has become a standby. 26000: a prepared statement is gone; a new session prepares it
// again.
constexpr auto ruining = std::to_array<std::string_view>({"08", "57P", "25006", "26000"});

// 40: rolled back (deadlock, serialization failure). 53: out of disk, memory or connections. 55P03,
// 55006: locked or in use. 57014: cancelled (statement_timeout). 58: errors of the operating
// system.
constexpr auto passing =
    std::to_array<std::string_view>({"40", "53", "55P03", "55006", "57014", "58"});

// 22: data exception. 54: program limit exceeded, such as JSON nested too deep.
constexpr auto refused_arguments = std::to_array<std::string_view>({"TK", "22", "54"});

} // namespace

boost::system::error_category const& connection_category() noexcept {
    static connection_errors const category;
    return category;
}

boost::system::error_category const& sqlstate_category() noexcept {
    static sqlstates const category;
    return category;
}

boost::system::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), connection_category()};
}

boost::system::error_code make_sqlstate_code(std::string_view state) noexcept {
    return {pack(state), sqlstate_category()};
}

std::string sqlstate_of(boost::system::error_code const& code) {
    return code.category() == sqlstate_category() ? unpack(code.value()) : std::string{};
}

bool is_retryable(error const& e) noexcept {
    if (e.code.category() == sqlstate_category()) {
        auto const state = unpack(e.code.value());
        return begins_with_any(state, ruining) || begins_with_any(state, passing);
    }
    if (e.code.category() == connection_category()) {
        switch (static_cast<errc>(e.code.value())) {
        case errc::could_not_connect:
        case errc::connection_lost:
        case errc::connection_lost_in_doubt:
        case errc::timeout:
        case errc::timeout_in_doubt:
        case errc::overloaded:
            return true;
        case errc::cancelled:
        case errc::cancelled_in_doubt:
        case errc::too_large:
        case errc::closed:
            return false;
        }
    }
    return e.code == tasker::errc::unavailable || e.code == tasker::errc::timeout;
}

bool ruins_connection(error const& e) noexcept {
    if (e.code.category() == sqlstate_category()) {
        return begins_with_any(unpack(e.code.value()), ruining);
    }
    return e.code.category() == connection_category() && e.code != errc::too_large;
}

bool is_refusal(error const& e) noexcept {
    return e.code.category() == sqlstate_category() && !ruins_connection(e);
}

bool is_in_doubt(error const& e) noexcept {
    if (e.code.category() == sqlstate_category()) {
        auto const state = unpack(e.code.value());
        // transaction_resolution_unknown, statement_completion_unknown
        return state == "08007" || state == "40003";
    }
    return e.code == errc::connection_lost_in_doubt || e.code == errc::timeout_in_doubt ||
           e.code == errc::cancelled_in_doubt;
}

bool is_callers_fault(error const& e) noexcept {
    return e.code == errc::too_large ||
           (e.code.category() == sqlstate_category() &&
            begins_with_any(unpack(e.code.value()), refused_arguments));
}

} // namespace tasker::pg

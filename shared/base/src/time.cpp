#include "tasker/base/time.hpp"

#include "tasker/base/assert.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace tasker {

namespace {

using namespace std::chrono;

bool has_four_digits(year_month_day const& date) {
    return date.year() >= year{0} && date.year() <= year{9999};
}

/// Consumes the parts of a fixed-width text in order, and remembers whether all matched.
class scanner {
public:
    explicit scanner(std::string_view text) : rest_{text} {}

    unsigned number(std::size_t width) {
        unsigned value = 0;
        if (rest_.size() < width) {
            ok_ = false;
            return 0;
        }
        for (char const c : rest_.substr(0, width)) {
            ok_ = ok_ && c >= '0' && c <= '9';
            value = value * 10 + static_cast<unsigned>(c - '0') % 10;
        }
        rest_.remove_prefix(width);
        return value;
    }

    /// Consumes the next character if it is one of `any`.
    bool skip(std::string_view any) {
        if (rest_.empty() || any.find(rest_.front()) == std::string_view::npos) {
            return false;
        }
        taken_ = rest_.front();
        rest_.remove_prefix(1);
        return true;
    }

    void expect(std::string_view any) {
        ok_ = skip(any) && ok_;
    }

    /// Digits after the point, as microseconds; at least one is needed, those past six are cut off.
    std::int64_t fraction() {
        std::int64_t value = 0;
        int digits = 0;
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++digits) {
            if (digits < 6) {
                value = value * 10 + (rest_.front() - '0');
            }
            rest_.remove_prefix(1);
        }
        ok_ = ok_ && digits > 0;
        for (; digits < 6; ++digits) {
            value *= 10;
        }
        return value;
    }

    char taken() const {
        return taken_;
    }

    bool at_end_and_ok() const {
        return ok_ && rest_.empty();
    }

private:
    std::string_view rest_;
    char taken_ = '\0';
    bool ok_ = true;
};

} // namespace

std::string to_rfc3339(timestamp moment) {
    auto const day = floor<days>(moment);
    year_month_day const date{day};
    hh_mm_ss const time{moment - day};
    TASKER_ASSERT(has_four_digits(date));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count(),
                       time.subseconds().count());
}

result<timestamp> parse_rfc3339(std::string_view text) {
    scanner in{text};
    unsigned const y = in.number(4);
    in.expect("-");
    unsigned const m = in.number(2);
    in.expect("-");
    unsigned const d = in.number(2);
    in.expect("Tt ");
    unsigned const hour = in.number(2);
    in.expect(":");
    unsigned const minute = in.number(2);
    in.expect(":");
    unsigned const second = in.number(2);
    microseconds const fraction{in.skip(".") ? in.fraction() : 0};

    minutes offset{0};
    bool offset_ok = true;
    if (!in.skip("Zz")) {
        in.expect("+-");
        bool const west = in.taken() == '-';
        unsigned const offset_hours = in.number(2);
        in.expect(":");
        unsigned const offset_minutes = in.number(2);
        offset_ok = offset_hours < 24 && offset_minutes < 60;
        offset = hours{offset_hours} + minutes{offset_minutes};
        offset = west ? -offset : offset;
    }

    year_month_day const date{year{static_cast<int>(y)}, month{m}, day{d}};
    // A leap second (60) is read as the first second of the next minute, as in PostgreSQL.
    bool const ok =
        in.at_end_and_ok() && offset_ok && date.ok() && hour <= 23 && minute <= 59 && second <= 60;
    auto const moment = ok ? timestamp{sys_days{date}} + hours{hour} + minutes{minute} +
                                 seconds{second} + fraction - offset
                           : timestamp{};
    if (!ok || !has_four_digits(floor<days>(moment))) {
        return make_error(errc::invalid_argument,
                          "not an RFC 3339 time such as 2026-01-02T03:04:05.678901Z");
    }
    return moment;
}

} // namespace tasker

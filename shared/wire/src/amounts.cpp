#include "tasker/wire/amounts.hpp"

#include "tasker/json/walker.hpp"
#include "tasker/json/writer.hpp"

#include <charconv>

namespace tasker::wire {

std::vector<amount> read_amounts(std::string_view json) {
    std::vector<amount> amounts;
    json::walker from{json};
    from.object([&](std::string_view unit) {
        auto const digits = from.raw();
        std::int64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        amounts.push_back({std::string{unit}, value});
    });
    return amounts;
}

std::string amounts_json(std::vector<amount> const& amounts) {
    std::string out;
    {
        json::object_writer writer{out};
        for (auto const& each : amounts) {
            writer.number(each.unit, each.value);
        }
    }
    return out;
}

} // namespace tasker::wire

#include "tasker/measure/recorder.hpp"

#include "tasker/base/assert.hpp"

#include <algorithm>

namespace tasker::measure {

std::vector<double> recording::all() const {
    std::vector<double> out;
    for (auto const& each : repetitions) {
        out.insert(out.end(), each.begin(), each.end());
    }
    return out;
}

void recorder::begin_repetition() {
    ++repetition_;
}

recording& recorder::find(std::string_view name, std::string_view unit) {
    TASKER_ASSERT(repetition_ > 0);
    auto found = std::ranges::find(cases_, name, &recording::name);
    if (found == cases_.end()) {
        cases_.push_back({.name = std::string{name}, .unit = std::string{unit}});
        found = cases_.end() - 1;
    }
    TASKER_ASSERT(found->unit == unit);
    auto& last = last_repetition_[found->name];
    if (last != repetition_) {
        last = repetition_;
        found->repetitions.emplace_back();
    }
    return *found;
}

void recorder::add(std::string_view name, double value, std::string_view unit) {
    find(name, unit).repetitions.back().push_back(value);
}

void recorder::add(std::string_view name, std::vector<double> const& values,
                   std::string_view unit) {
    auto& to = find(name, unit).repetitions.back();
    to.insert(to.end(), values.begin(), values.end());
}

void recorder::count(std::string_view name, std::string const& counter, double value) {
    auto const found = std::ranges::find(cases_, name, &recording::name);
    TASKER_ASSERT(found != cases_.end());
    found->counters[counter].push_back(value);
}

void recorder::accompany(std::string_view name, company const& by) {
    auto const found = std::ranges::find(cases_, name, &recording::name);
    TASKER_ASSERT(found != cases_.end());
    found->beside.push_back(by);
    TASKER_ASSERT(found->beside.size() == found->repetitions.size());
}

void recorder::allow_zero(std::string_view name) {
    auto const found = std::ranges::find(cases_, name, &recording::name);
    TASKER_ASSERT(found != cases_.end());
    found->may_be_zero = true;
}

void recorder::declare(std::string_view name, better direction) {
    auto const found = std::ranges::find(cases_, name, &recording::name);
    TASKER_ASSERT(found != cases_.end());
    found->declared = direction;
}

} // namespace tasker::measure

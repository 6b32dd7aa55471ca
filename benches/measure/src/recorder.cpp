#include "tasker/measure/recorder.hpp"

#include "tasker/base/assert.hpp"

#include <algorithm>

namespace tasker::measure {

void recorder::begin_repetition() {
    ++repetition_;
}

recording& recorder::known(std::string_view name) {
    auto const found = std::ranges::find(cases_, name, &recording::name);
    TASKER_ASSERT(found != cases_.end());
    return *found;
}

std::vector<double>& recorder::samples(std::string_view name, std::string_view unit) {
    TASKER_ASSERT(repetition_ > 0);
    if (std::ranges::find(cases_, name, &recording::name) == cases_.end()) {
        cases_.push_back({.name = std::string{name}, .unit = std::string{unit}});
    }
    auto& of = known(name);
    TASKER_ASSERT(of.unit == unit);
    if (auto& last = last_repetition_[of.name]; last != repetition_) {
        last = repetition_;
        of.repetitions.emplace_back();
    }
    return of.repetitions.back();
}

void recorder::add(std::string_view name, double value, std::string_view unit) {
    samples(name, unit).push_back(value);
}

void recorder::add(std::string_view name, std::vector<double> const& values,
                   std::string_view unit) {
    auto& to = samples(name, unit);
    to.insert(to.end(), values.begin(), values.end());
}

void recorder::accompany(std::string_view name, company by) {
    auto& of = known(name);
    of.beside.push_back(std::move(by));
    TASKER_ASSERT(of.beside.size() == of.repetitions.size());
}

} // namespace tasker::measure

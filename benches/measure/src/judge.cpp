#include "tasker/measure/results.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <stdexcept>

namespace tasker::measure {

namespace {

double statistic(summary const& of, std::string const& name) {
    if (name == "mean") {
        return of.mean;
    }
    if (name == "min") {
        return of.min;
    }
    if (name == "max") {
        return of.max;
    }
    if (name == "p50") {
        return of.p50;
    }
    return name == "p95" ? of.p95 : of.p99;
}

bool is_required(target const& of) {
    return of.bar == target::level::required;
}

} // namespace

case_result judge(recording const& from, std::vector<target> const& aims) {
    auto const samples = from.all();
    if (!from.may_be_zero && std::ranges::find(samples, 0.0) != samples.end()) {
        throw std::runtime_error{"\"" + from.name +
                                 "\" has a sample of zero: nothing was measured"};
    }
    case_result out{.recorded = from,
                    .total = summarise(samples),
                    .median_95 = median_interval(from.repetitions),
                    .parts = {},
                    .judged = {},
                    .state = status::pass};
    out.parts.reserve(from.repetitions.size());
    for (auto const& each : from.repetitions) {
        out.parts.push_back(summarise(each));
    }
    std::vector<target> ordered; // the required ones first
    std::ranges::copy_if(aims, std::back_inserter(ordered), is_required);
    std::ranges::copy_if(aims, std::back_inserter(ordered), std::not_fn(is_required));
    out.judged.reserve(aims.size());
    for (auto const& aim : ordered) {
        bool const wants_more = aim.sense == target::direction::at_least;
        if (wants_more != (from.direction() == better::higher)) {
            throw std::runtime_error{
                "\"" + from.name + "\" is better if it is " + (wants_more ? "lower" : "higher") +
                ", but its target in targets.toml bounds it from the other side"};
        }
        std::optional<double> value;
        if (from.unit != "ms" || has_enough(aim.statistic, samples.size())) {
            value = statistic(out.total, aim.statistic);
        }
        out.judged.push_back({aim, value, value && aim.is_met_by(*value)});
        auto const& last = out.judged.back();
        if (!last.is_met) {
            bool const is_failure = value && is_required(aim);
            out.state = std::max(out.state, is_failure ? status::fail : status::warn);
        }
    }
    return out;
}

std::size_t suite_results::count(status which) const {
    return static_cast<std::size_t>(std::ranges::count(cases, which, &case_result::state));
}

} // namespace tasker::measure

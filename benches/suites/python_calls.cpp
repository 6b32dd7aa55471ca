#include "python_calls.hpp"

#include "tasker/process/child_process.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tasker;

namespace {

constexpr std::chrono::minutes limit{5};
constexpr std::size_t warm_up_calls = 2'000;
constexpr double us_in_ms = 1'000;

std::string run_script(std::size_t samples, std::size_t calls, std::string const& filter) {
    auto const done = process::run_program(
        {.argv = {TASKER_PYTHON_CALLS, std::to_string(samples), std::to_string(calls),
                  std::to_string(warm_up_calls), filter},
         .env = {"PYTHONPATH=" TASKER_PYTHON_PACKAGE}},
        steady_clock::now() + limit);
    if (!done) {
        throw std::runtime_error{done.error().message};
    }
    if (!done->status.is_success()) {
        throw std::runtime_error{"python_calls.py: " + done->err};
    }
    return done->out;
}

} // namespace

void measure_python(measure::bench& on, std::size_t samples, std::size_t calls) {
    on.progress("Python");
    auto const measured = nlohmann::json::parse(run_script(samples, calls, on.options().filter));
    for (auto const& [name, samples_us] : measured.items()) {
        if (on.wants(name)) {
            auto values = samples_us.get<std::vector<double>>();
            std::ranges::for_each(values, [](double& value) { value /= us_in_ms; });
            on.add(name, values);
        }
    }
}

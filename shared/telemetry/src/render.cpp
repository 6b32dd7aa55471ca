#include "tasker/telemetry/render.hpp"

#include "commit.hpp"
#include "tasker/base/version.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tasker::telemetry {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

double seconds(timeval const& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double seconds_of(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double resident_bytes() {
    std::ifstream statm{"/proc/self/statm"};
    double size = 0;
    double resident = 0;
    statm >> size >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_fds() {
    std::error_code ignored;
    std::filesystem::directory_iterator const all{"/proc/self/fd", ignored};
    // The look itself takes one.
    return static_cast<double>(std::distance(begin(all), end(all)) - 1);
}

double max_fds() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<double>(limit.rlim_cur);
}

/// /proc/self/stat has it in ticks since the boot, as its field 22 (proc(5)). The name before may
/// contain anything.
double start_time_seconds() {
    std::ifstream file{"/proc/self/stat"};
    std::string stat;
    std::getline(file, stat);
    std::size_t place = stat.rfind(')');
    for (int field = 2; field < 22 && place != std::string::npos; ++field) {
        place = stat.find(' ', place + 1);
    }
    if (place == std::string::npos) {
        return 0;
    }
    auto const ticks = static_cast<double>(std::strtoull(stat.c_str() + place, nullptr, 10));
    auto const boot = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME);
    return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

MetricFamily gauge(char const* name, char const* help, double value,
                   std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    return {name, help, MetricType::Gauge, {std::move(metric)}};
}

MetricFamily counter(char const* name, char const* help, double value) {
    ClientMetric metric;
    metric.counter.value = value;
    return {name, help, MetricType::Counter, {std::move(metric)}};
}

} // namespace

std::string render(prometheus::Registry const& registry) {
    static double const started = start_time_seconds(); // the same at each look
    auto all = registry.Collect();
    all.push_back(counter("process_cpu_seconds_total", "CPU time of all threads.", cpu_seconds()));
    all.push_back(gauge("process_resident_memory_bytes", "Resident memory.", resident_bytes()));
    all.push_back(gauge("process_open_fds", "Open file descriptors.", open_fds()));
    all.push_back(gauge("process_max_fds", "Limit of open file descriptors.", max_fds()));
    all.push_back(
        gauge("process_start_time_seconds", "Start of the process, in Unix time.", started));
    all.push_back(gauge("tasker_build_info", "Always 1; the labels identify the build.", 1,
                        {{"version", std::string{version()}}, {"commit", std::string{commit()}}}));
    return prometheus::TextSerializer{}.Serialize(all);
}

} // namespace tasker::telemetry

#include "tasker/telemetry/render.hpp"

#include "tasker/base/version.hpp"

#include <prometheus/gauge.h>

#include <gmock/gmock.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace tasker::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string line_of(std::string const& name) {
    prometheus::Registry const none;
    auto const text = "\n" + render(none);
    auto const begin = text.find("\n" + name);
    return begin == std::string::npos
               ? ""
               : text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
}

double value_of(std::string const& name) {
    auto const line = line_of(name + " ");
    return line.empty() ? -1 : std::stod(line.substr(name.size() + 1));
}

double unix_now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

TEST(Metrics, ShowTheRegistryToo) {
    prometheus::Registry registry;
    prometheus::BuildGauge().Name("steps").Help("Steps.").Register(registry).Add({}).Set(7);
    EXPECT_THAT(render(registry), HasSubstr("\nsteps 7\n"));
}

TEST(Metrics, NameTheVersionAndTheCommit) {
    EXPECT_THAT(line_of("tasker_build_info"),
                MatchesRegex("tasker_build_info\\{version=\"" + std::string{version()} +
                             "\",commit=\"[0-9A-Za-z._-]+\"\\} 1"));
}

TEST(Metrics, CountOpenFileDescriptors) {
    auto const before = value_of("process_open_fds");
    int const opened = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(value_of("process_open_fds"), before + 1);
    ::close(opened);
    EXPECT_EQ(value_of("process_open_fds"), before);
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    EXPECT_EQ(value_of("process_max_fds"), static_cast<double>(limit.rlim_cur));
}

TEST(Metrics, MeasureCpuTimeAndMemory) {
    auto const cpu = value_of("process_cpu_seconds_total");
    EXPECT_GE(cpu, 0);
    while (value_of("process_cpu_seconds_total") < cpu + 0.02) {
    }
    constexpr std::size_t size = 64UL << 20;
    auto const memory = value_of("process_resident_memory_bytes");
    std::vector<char> const touched(size, 'x');
    EXPECT_GE(value_of("process_resident_memory_bytes"), memory + 0.5 * static_cast<double>(size));
    EXPECT_EQ(touched.back(), 'x');
}

TEST(Metrics, KnowWhenTheProcessStarted) {
    auto const start = value_of("process_start_time_seconds");
    EXPECT_LE(start, unix_now() + 1);
    EXPECT_GT(start, unix_now() - 600);
    EXPECT_EQ(value_of("process_start_time_seconds"), start);
}

} // namespace
} // namespace tasker::telemetry

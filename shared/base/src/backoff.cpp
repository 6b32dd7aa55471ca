#include "tasker/base/backoff.hpp"

#include <random>

namespace tasker {

std::chrono::milliseconds with_jitter(std::chrono::milliseconds whole, int divisor) {
    using count = std::chrono::milliseconds::rep;
    thread_local std::minstd_rand random{std::random_device{}()};
    return whole - std::chrono::milliseconds{
                       std::uniform_int_distribution<count>{0, whole.count() / divisor}(random)};
}

} // namespace tasker

#pragma once

#include <chrono>
#include <string>

namespace tasker::worker {

/// From its construction to its end, getaddrinfo() of this process resolves `name` to `address` (a
/// literal) once `delay` has passed. Any other name is resolved as always. One at a time.
class fake_name {
public:
    fake_name(std::string name, std::string address, std::chrono::milliseconds delay = {});
    fake_name(fake_name const&) = delete;
    fake_name& operator=(fake_name const&) = delete;
    /// Ends a delay.
    ~fake_name();
};

} // namespace tasker::worker

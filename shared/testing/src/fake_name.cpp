#include "tasker/testing/fake_name.hpp"

#include <condition_variable>
#include <dlfcn.h>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <strings.h>
#include <utility>

namespace tasker::testing {

namespace {

struct entry {
    std::string name;
    std::string address;
    std::chrono::milliseconds delay;
};

std::mutex guard;
std::condition_variable ended;
std::optional<entry> registered;

} // namespace

fake_name::fake_name(std::string name, std::string address, std::chrono::milliseconds delay) {
    std::lock_guard const lock{guard};
    registered = entry{std::move(name), std::move(address), delay};
}

fake_name::~fake_name() {
    std::lock_guard const lock{guard};
    registered.reset();
    ended.notify_all();
}

} // namespace tasker::testing

/// Replaces the C library's function, also for calls from libcurl.
extern "C" __attribute__((visibility("default"))) int
getaddrinfo(char const* name, char const* service, addrinfo const* hints, addrinfo** found) {
    using namespace tasker::testing;
    static auto* const real =
        reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
    std::string asked{name == nullptr ? "" : name};
    {
        std::unique_lock lock{guard};
        if (registered && strcasecmp(registered->name.c_str(), asked.c_str()) == 0) {
            asked = registered->address;
            ended.wait_for(lock, registered->delay, [] { return !registered; });
        }
    }
    return real(name == nullptr ? nullptr : asked.c_str(), service, hints, found);
}

// A body of a request that is accepted means the same after it was written and read again.
#include "tasker/base/assert.hpp"
#include "tasker/wire/action.hpp"
#include "tasker/wire/change.hpp"
#include "tasker/wire/compensation.hpp"
#include "tasker/wire/create_task.hpp"
#include "tasker/wire/dead_letters.hpp"
#include "tasker/wire/pause.hpp"
#include "tasker/wire/rerun.hpp"
#include "tasker/wire/resolve.hpp"
#include "tasker/wire/signal.hpp"

#include <cstddef>
#include <cstdint>

namespace tasker::wire {
namespace {

void check(auto const& read, auto append, auto read_again) {
    if (!read) {
        TASKER_ASSERT(!read.error().message.empty());
        return;
    }
    std::string written;
    append(written, *read);
    auto const again = read_again(written);
    TASKER_ASSERT(again && *again == *read);
}

void check_body(std::string_view text) {
    auto const write = [](std::string& out, auto const& request) { append(out, request); };
    check(parse_create_task(text), write, parse_create_task);
    check(
        parse_create_batch(text),
        [](std::string& out, auto const& requests) { append_create_batch(out, requests); },
        parse_create_batch);
    check(parse_cancel(text), write, parse_cancel);
    check(parse_action(text), write, parse_action);
    check(parse_pause(text), write, parse_pause);
    check(parse_rerun(text), write, parse_rerun);
    check(parse_resolve(text), write, parse_resolve);
    check(parse_priority_change(text), write, parse_priority_change);
    check(parse_edit(text), write, parse_edit);
    check(parse_signal(text), write, parse_signal);
    check(parse_dead_letter_request(text), write, parse_dead_letter_request);
}

} // namespace
} // namespace tasker::wire

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    tasker::wire::check_body({reinterpret_cast<char const*>(data), size});
    return 0;
}

// A cursor that is accepted is the one that its id is encoded to.
#include "tasker/base/assert.hpp"
#include "tasker/wire/cursor.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tasker::wire;
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    for (std::string_view const list : {"", "state=failed"}) {
        auto const check = [&](auto const& id) {
            TASKER_ASSERT(!id || encode_cursor(*id, list) == text);
        };
        check(decode_task_cursor(text, list));
        check(decode_step_cursor(text, list));
        check(decode_template_cursor(text, list));
        check(decode_item_cursor(text, list));
        check(decode_wait_cursor(text, list));
    }
    return 0;
}

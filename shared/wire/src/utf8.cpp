#include "utf8.hpp"

namespace tasker::wire {

void append_code_point(std::string& out, std::uint32_t code_point) {
    auto const add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code_point < 0x80) {
        add(code_point);
        return;
    }
    if (code_point < 0x800) {
        add(0xc0U | code_point >> 6U);
    } else {
        if (code_point < 0x1'0000) {
            add(0xe0U | code_point >> 12U);
        } else {
            add(0xf0U | code_point >> 18U);
            add(0x80U | (code_point >> 12U & 0x3fU));
        }
        add(0x80U | (code_point >> 6U & 0x3fU));
    }
    add(0x80U | (code_point & 0x3fU));
}

} // namespace tasker::wire

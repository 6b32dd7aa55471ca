#include "tasker/base/percent.hpp"

#include <charconv>

namespace tasker {

namespace {

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

} // namespace

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        if (is_unreserved(c)) {
            out += c;
        } else {
            auto const byte = static_cast<unsigned char>(c);
            out += '%';
            out += digits[byte >> 4U];
            out += digits[byte & 0xfU];
        }
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto const plain = text.substr(0, text.find('%'));
        out += plain;
        text.remove_prefix(plain.size());
        if (!text.empty()) {
            unsigned char byte = 0;
            auto const digits = text.substr(1, 2);
            auto const* const end = digits.data() + digits.size();
            auto const [stopped, failure] = std::from_chars(digits.data(), end, byte, 16);
            if (digits.size() < 2 || failure != std::errc{} || stopped != end) {
                return std::nullopt;
            }
            out += static_cast<char>(byte);
            text.remove_prefix(3);
        }
    }
    return out;
}

} // namespace tasker

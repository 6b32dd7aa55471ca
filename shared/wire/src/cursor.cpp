#include "tasker/wire/cursor.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace tasker::wire {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t task_mark = 't';
constexpr std::uint8_t step_mark = 's';
constexpr std::uint8_t template_mark = 'p';

using byte_list = std::vector<std::uint8_t>;

/// RFC 4648, section 5, without padding.
std::string to_base64url(byte_list const& bytes) {
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (std::uint8_t const byte : bytes) {
        bits = bits << 8U | byte;
        for (count += 8; count >= 6; count -= 6) {
            out += alphabet[bits >> static_cast<unsigned>(count - 6) & 0x3fU];
        }
    }
    if (count > 0) {
        out += alphabet[bits << static_cast<unsigned>(6 - count) & 0x3fU];
    }
    return out;
}

std::optional<byte_list> from_base64url(std::string_view text) {
    byte_list out;
    std::uint32_t bits = 0;
    int count = 0;
    for (char const c : text) {
        auto const value = alphabet.find(c);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<std::uint8_t>(bits >> static_cast<unsigned>(count)));
        }
    }
    // Only one text stands for some bytes.
    return to_base64url(out) == text ? std::optional{std::move(out)} : std::nullopt;
}

std::string encode(std::uint8_t mark, std::int32_t number) {
    auto const bits = static_cast<std::uint32_t>(number);
    return to_base64url({mark, static_cast<std::uint8_t>(bits >> 24U),
                         static_cast<std::uint8_t>(bits >> 16U),
                         static_cast<std::uint8_t>(bits >> 8U), static_cast<std::uint8_t>(bits)});
}

constexpr std::size_t longest_cursor = 64;

/// The bytes after the mark; none if the cursor is no list's of that mark and length.
std::optional<byte_list> decode(std::string_view cursor, std::uint8_t mark, std::size_t length) {
    if (cursor.size() > longest_cursor) {
        return std::nullopt;
    }
    auto bytes = from_base64url(cursor);
    if (!bytes || bytes->size() != length + 1 || bytes->front() != mark) {
        return std::nullopt;
    }
    bytes->erase(bytes->begin());
    return bytes;
}

error malformed() {
    return make_error(errc::invalid_argument, "is not a cursor that this list has given");
}

template <class Id>
result<Id> decode_number(std::string_view cursor, std::uint8_t mark) {
    auto const bytes = decode(cursor, mark, 4);
    if (!bytes) {
        return malformed();
    }
    std::uint32_t bits = 0;
    for (std::uint8_t const byte : *bytes) {
        bits = bits << 8U | byte;
    }
    return Id{static_cast<std::int32_t>(bits)};
}

} // namespace

std::string encode_cursor(task_id last) {
    byte_list bytes{task_mark};
    bytes.insert(bytes.end(), last.bytes().begin(), last.bytes().end());
    return to_base64url(bytes);
}

std::string encode_cursor(step_no last) {
    return encode(step_mark, last.value);
}

std::string encode_cursor(template_id last) {
    return encode(template_mark, last.value);
}

result<task_id> decode_task_cursor(std::string_view cursor) {
    task_id::bytes_type bytes{};
    auto const decoded = decode(cursor, task_mark, bytes.size());
    if (!decoded) {
        return malformed();
    }
    std::ranges::copy(*decoded, bytes.begin());
    return task_id{bytes};
}

result<step_no> decode_step_cursor(std::string_view cursor) {
    return decode_number<step_no>(cursor, step_mark);
}

result<template_id> decode_template_cursor(std::string_view cursor) {
    return decode_number<template_id>(cursor, template_mark);
}

} // namespace tasker::wire

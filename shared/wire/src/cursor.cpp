#include "tasker/wire/cursor.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tasker::wire {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t task_mark = 't';
constexpr std::uint8_t step_mark = 's';
constexpr std::uint8_t template_mark = 'p';
constexpr std::uint8_t item_mark = 'i';
constexpr std::uint8_t wait_mark = 'w';
constexpr std::uint8_t worker_mark = 'k';

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
    // Reject non-canonical encodings.
    return to_base64url(out) == text ? std::optional{std::move(out)} : std::nullopt;
}

void append(byte_list& to, std::uint32_t number) {
    for (unsigned const shift : {24U, 16U, 8U, 0U}) {
        to.push_back(static_cast<std::uint8_t>(number >> shift));
    }
}

/// FNV-1a: the same in every program. It detects mistakes, not attacks.
std::uint32_t hash_of(std::string_view list) {
    constexpr std::uint32_t start = 2'166'136'261U;
    constexpr std::uint32_t prime = 16'777'619U;
    std::uint32_t hash = start;
    for (char const c : list) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * prime;
    }
    return hash;
}

/// The first bytes of a list's cursors.
byte_list head_of(std::uint8_t mark, std::string_view list) {
    byte_list bytes{mark};
    append(bytes, hash_of(list));
    return bytes;
}

std::string encode_number(std::uint8_t mark, std::string_view list, std::int32_t number) {
    auto bytes = head_of(mark, list);
    append(bytes, static_cast<std::uint32_t>(number));
    return to_base64url(bytes);
}

constexpr std::size_t longest_cursor = 64;

/// The bytes after the head.
result<byte_list> decode(std::string_view cursor, byte_list const& head, std::size_t length) {
    auto bytes = cursor.size() > longest_cursor ? std::nullopt : from_base64url(cursor);
    if (!bytes || bytes->size() != head.size() + length || bytes->front() != head.front()) {
        return make_error(errc::invalid_argument, "is not a cursor of such a list");
    }
    if (!std::equal(head.begin(), head.end(), bytes->begin())) {
        return make_error(errc::conflict, "is the cursor of a list with other filters");
    }
    bytes->erase(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(head.size()));
    return std::move(*bytes);
}

std::int32_t number_of(std::span<std::uint8_t const> bytes) {
    std::uint32_t bits = 0;
    for (std::uint8_t const byte : bytes) {
        bits = bits << 8U | byte;
    }
    return static_cast<std::int32_t>(bits);
}

template <class Id>
result<Id> decode_number(std::string_view cursor, byte_list const& head) {
    auto const bytes = decode(cursor, head, sizeof(std::int32_t));
    if (!bytes) {
        return bytes.error();
    }
    return Id{number_of(*bytes)};
}

} // namespace

std::string encode_cursor(task_id last, std::string_view list) {
    auto bytes = head_of(task_mark, list);
    bytes.insert(bytes.end(), last.bytes().begin(), last.bytes().end());
    return to_base64url(bytes);
}

std::string encode_cursor(step_no last, std::string_view list) {
    return encode_number(step_mark, list, last.value);
}

std::string encode_cursor(template_id last, std::string_view list) {
    return encode_number(template_mark, list, last.value);
}

std::string encode_cursor(worker_id last, std::string_view list) {
    return encode_number(worker_mark, list, last.value);
}

std::string encode_cursor(std::int32_t last, std::string_view list) {
    return encode_number(item_mark, list, last);
}

std::string encode_cursor(wait_id last, std::string_view list) {
    auto bytes = head_of(wait_mark, list);
    bytes.insert(bytes.end(), last.task.bytes().begin(), last.task.bytes().end());
    append(bytes, static_cast<std::uint32_t>(last.step.value));
    return to_base64url(bytes);
}

result<task_id> decode_task_cursor(std::string_view cursor, std::string_view list) {
    task_id::bytes_type bytes{};
    auto const decoded = decode(cursor, head_of(task_mark, list), bytes.size());
    if (!decoded) {
        return decoded.error();
    }
    std::ranges::copy(*decoded, bytes.begin());
    return task_id{bytes};
}

result<step_no> decode_step_cursor(std::string_view cursor, std::string_view list) {
    return decode_number<step_no>(cursor, head_of(step_mark, list));
}

result<template_id> decode_template_cursor(std::string_view cursor, std::string_view list) {
    return decode_number<template_id>(cursor, head_of(template_mark, list));
}

result<std::int32_t> decode_item_cursor(std::string_view cursor, std::string_view list) {
    return decode_number<std::int32_t>(cursor, head_of(item_mark, list));
}

result<worker_id> decode_worker_cursor(std::string_view cursor, std::string_view list) {
    return decode_number<worker_id>(cursor, head_of(worker_mark, list));
}

result<wait_id> decode_wait_cursor(std::string_view cursor, std::string_view list) {
    task_id::bytes_type task{};
    auto const decoded =
        decode(cursor, head_of(wait_mark, list), task.size() + sizeof(std::int32_t));
    if (!decoded) {
        return decoded.error();
    }
    std::copy_n(decoded->begin(), task.size(), task.begin());
    return wait_id{task_id{task}, step_no{number_of(std::span{*decoded}.subspan(task.size()))}};
}

} // namespace tasker::wire

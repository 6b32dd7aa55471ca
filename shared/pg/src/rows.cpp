#include "tasker/pg/rows.hpp"

#include "epoch.hpp"

#include "tasker/base/assert.hpp"

#include <boost/endian/conversion.hpp>
#include <libpq-fe.h>

#include <algorithm>

namespace tasker::pg {
namespace {

template <class Integer>
Integer load(std::string_view bytes) {
    TASKER_ASSERT(bytes.size() == sizeof(Integer));
    return boost::endian::endian_load<Integer, sizeof(Integer), boost::endian::order::big>(
        reinterpret_cast<unsigned char const*>(bytes.data()));
}

} // namespace

void rows::clear::operator()(pg_result* result) const noexcept {
    PQclear(result);
}

std::size_t rows::size() const noexcept {
    return static_cast<std::size_t>(PQntuples(result_.get()));
}

std::size_t rows::columns() const noexcept {
    return static_cast<std::size_t>(PQnfields(result_.get()));
}

bool rows::is_null(std::size_t row, std::size_t column) const {
    TASKER_ASSERT(row < size() && column < columns());
    return PQgetisnull(result_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
}

std::string_view rows::bytes(std::size_t row, std::size_t column) const {
    TASKER_ASSERT(!is_null(row, column));
    auto const at_row = static_cast<int>(row);
    auto const at_column = static_cast<int>(column);
    return {PQgetvalue(result_.get(), at_row, at_column),
            static_cast<std::size_t>(PQgetlength(result_.get(), at_row, at_column))};
}

bool rows::boolean(std::size_t row, std::size_t column) const {
    return load<std::int8_t>(bytes(row, column)) != 0;
}

std::int16_t rows::int2(std::size_t row, std::size_t column) const {
    return load<std::int16_t>(bytes(row, column));
}

std::int32_t rows::int4(std::size_t row, std::size_t column) const {
    return load<std::int32_t>(bytes(row, column));
}

std::int64_t rows::int8(std::size_t row, std::size_t column) const {
    return load<std::int64_t>(bytes(row, column));
}

std::string_view rows::text(std::size_t row, std::size_t column) const {
    return bytes(row, column);
}

task_id rows::uuid(std::size_t row, std::size_t column) const {
    auto const sent = bytes(row, column);
    task_id::bytes_type value{};
    TASKER_ASSERT(sent.size() == value.size());
    std::ranges::transform(sent, value.begin(),
                           [](char c) { return static_cast<std::uint8_t>(c); });
    return task_id{value};
}

timestamp rows::timestamptz(std::size_t row, std::size_t column) const {
    return postgres_epoch + std::chrono::microseconds{int8(row, column)};
}

} // namespace tasker::pg

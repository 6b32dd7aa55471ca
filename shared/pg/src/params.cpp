#include "tasker/pg/params.hpp"

#include "epoch.hpp"

#include "tasker/base/assert.hpp"

#include <boost/endian/conversion.hpp>

#include <limits>

namespace tasker::pg {
namespace {

template <class Integer>
void append(std::vector<char>& buffer, Integer value) {
    auto const at = buffer.size();
    buffer.resize(at + sizeof value);
    boost::endian::endian_store<Integer, sizeof value, boost::endian::order::big>(
        reinterpret_cast<unsigned char*>(&buffer[at]), value);
}

/// A length in the protocol's type. `connection::run` refuses larger parameters before sending
/// (`params::bytes`).
std::int32_t length_of(std::size_t bytes) {
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());
    return static_cast<std::int32_t>(bytes < most ? bytes : most);
}

} // namespace

params& params::add_bool(std::optional<bool> value) {
    begin(oid::boolean);
    if (!value) {
        return end_null();
    }
    buffer_.push_back(*value ? '\1' : '\0');
    return end();
}

params& params::add_int2(std::optional<std::int16_t> value) {
    begin(oid::int2);
    if (!value) {
        return end_null();
    }
    append(buffer_, *value);
    return end();
}

params& params::add_int4(std::optional<std::int32_t> value) {
    begin(oid::int4);
    if (!value) {
        return end_null();
    }
    append(buffer_, *value);
    return end();
}

params& params::add_int8(std::optional<std::int64_t> value) {
    begin(oid::int8);
    if (!value) {
        return end_null();
    }
    append(buffer_, *value);
    return end();
}

params& params::add_text(std::optional<std::string_view> value) {
    begin(oid::text);
    if (!value) {
        return end_null();
    }
    buffer_.insert(buffer_.end(), value->begin(), value->end());
    return end();
}

params& params::add_json(std::optional<std::string_view> value) {
    begin(oid::json);
    if (!value) {
        return end_null();
    }
    buffer_.insert(buffer_.end(), value->begin(), value->end());
    return end();
}

params& params::add_uuid(std::optional<task_id> const& value) {
    begin(oid::uuid);
    if (!value) {
        return end_null();
    }
    buffer_.insert(buffer_.end(), value->bytes().begin(), value->bytes().end());
    return end();
}

params& params::add_timestamptz(std::optional<timestamp> value) {
    begin(oid::timestamptz);
    if (!value) {
        return end_null();
    }
    append(buffer_, std::int64_t{(*value - postgres_epoch).count()});
    return end();
}

std::uint32_t params::type(std::size_t index) const {
    TASKER_ASSERT(index < count_);
    return slots_[index].type;
}

std::optional<std::string_view> params::value(std::size_t index) const {
    TASKER_ASSERT(index < count_);
    auto const& found = slots_[index];
    if (found.length < 0) {
        return std::nullopt;
    }
    if (found.length == 0) {
        return std::string_view{""}; // never a null pointer, which would be a null value
    }
    return std::string_view{&buffer_[found.offset], static_cast<std::size_t>(found.length)};
}

void params::begin(std::uint32_t type) {
    TASKER_ASSERT(count_ < max_count);
    slots_[count_] = {type, 0, buffer_.size()};
}

params& params::end() {
    auto& value = slots_[count_++];
    value.length = length_of(buffer_.size() - value.offset);
    return *this;
}

params& params::end_null() {
    slots_[count_++].length = -1;
    return *this;
}

// array_send: dimensions, whether there are nulls, the elements' type; for the one dimension its
// size and lower bound. An empty array has no dimension.
void params::begin_array(std::uint32_t type, std::uint32_t element, std::size_t size) {
    begin(type);
    append(buffer_, std::int32_t{size == 0 ? 0 : 1});
    append(buffer_, std::int32_t{0}); // array_recv finds the nulls itself
    append(buffer_, element);
    if (size > 0) {
        append(buffer_, length_of(size));
        append(buffer_, std::int32_t{1});
    }
}

void params::put_element(std::int16_t value) {
    append(buffer_, std::int32_t{sizeof value});
    append(buffer_, value);
}

void params::put_element(std::int32_t value) {
    append(buffer_, std::int32_t{sizeof value});
    append(buffer_, value);
}

void params::put_element(std::int64_t value) {
    append(buffer_, std::int32_t{sizeof value});
    append(buffer_, value);
}

void params::put_element(task_id const& value) {
    append(buffer_, std::int32_t{sizeof(task_id::bytes_type)});
    buffer_.insert(buffer_.end(), value.bytes().begin(), value.bytes().end());
}

void params::put_element(std::string_view value) {
    append(buffer_, length_of(value.size()));
    buffer_.insert(buffer_.end(), value.begin(), value.end());
}

void params::put_null_element() {
    append(buffer_, std::int32_t{-1});
}

} // namespace tasker::pg

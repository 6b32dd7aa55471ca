#pragma once

#include "tasker/json/path.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace tasker::documents {

/// The position of a reader in a document. Built on the stack on the way down; becomes text only
/// for a problem.
class document_path {
public:
    document_path() = default;

    /// A path in text form that outlives this one.
    explicit document_path(std::string const& written) : key_{written}, is_written_{true} {}

    document_path(document_path const& parent, std::string_view key)
        : parent_{&parent},
          key_{key} {}
    document_path(document_path const& parent, std::size_t index)
        : parent_{&parent},
          index_{index},
          is_index_{true} {}

    /// "steps[3].retry": a key that is not a plain word is quoted: `metadata["a b"]`.
    std::string to_string() const;

private:
    document_path const* parent_ = nullptr;
    std::string_view key_;
    std::size_t index_ = 0;
    bool is_index_ = false;
    bool is_written_ = false;
};

using json::append_index;
using json::append_key;
using json::shown;

} // namespace tasker::documents

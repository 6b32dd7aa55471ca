#include "tasker/documents/document_path.hpp"

namespace tasker::documents {

std::string document_path::to_string() const {
    if (parent_ == nullptr) {
        return is_written_ ? std::string{key_} : std::string{};
    }
    std::string out = parent_->to_string();
    if (is_index_) {
        append_index(out, index_);
    } else {
        append_key(out, key_);
    }
    return out;
}

} // namespace tasker::documents

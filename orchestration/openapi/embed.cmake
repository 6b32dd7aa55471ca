# cmake -DINPUT=<openapi.json> -DOUTPUT=<file> -P embed.cmake
# Writes the document as a string of C++; the delimiter does not occur in it.
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "// Written by orchestration/openapi/embed.cmake.
#include \"api/documents.hpp\"

namespace tasker::orchestration::api {

std::string_view embedded_openapi() noexcept {
    return R\"openapi(${text})openapi\";
}

} // namespace tasker::orchestration::api
")
